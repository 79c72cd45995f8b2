//! Signing the drafts of a source: many at a time, by all cores.

use std::sync::Arc;
use std::thread;

use super::super::fault::BuildFault;
use super::super::finding::Severity;
use super::super::reader::Subject;
use super::{Source, SubjectRecords};
use crate::record::Rdata;
use crate::statement::{Draft, SignError, Signer};

/// So many wait: enough for all cores, and little memory.
const MOST_WAITING: usize = 8192;
/// What one core signs at a time; so few are not worth another thread.
const SHARE: usize = 128;

/// A draft that is not signed yet.
pub(super) struct Waiting {
    pub(super) subject: Subject,
    /// Its record, by its place among the subject's.
    pub(super) place: usize,
    pub(super) draft: Draft,
    pub(super) signer: Arc<dyn Signer + Send + Sync>,
}

impl Source<'_> {
    /// Leaves a draft to be signed with others.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
        if self.waiting.len() >= MOST_WAITING {
            self.sign_waiting();
        }
    }

    /// Signs all that wait, and puts what is signed into their records.
    pub(super) fn sign_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let signed = sign(&waiting, &self.subjects);
        for (Waiting { subject, place, .. }, rdata) in waiting.iter().zip(signed) {
            let (record, span) = &mut self.subjects[subject.0].records[*place];
            match rdata {
                Ok(rdata) => record.rdata = rdata,
                Err(error) => self.unsigned.push(BuildFault {
                    span: *span,
                    owner: None,
                    severity: Severity::Error,
                    code: "unsigned",
                    message: format!("the statement can't be signed: {error}"),
                    remedy: "name the right key".to_owned(),
                }),
            }
        }
    }
}

fn sign(waiting: &[Waiting], subjects: &[SubjectRecords]) -> Vec<Result<Rdata, SignError>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = waiting.len().div_ceil(threads).max(SHARE);
    thread::scope(|scope| {
        let workers: Vec<_> = waiting
            .chunks(share)
            .map(|part| {
                scope.spawn(move || part.chunks(SHARE).flat_map(|some| sign_some(some, subjects)).collect())
            })
            .collect();
        let parts = workers.into_iter().map(|worker| -> Vec<_> {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        parts.flatten().collect()
    })
}

/// Drafts in a row that one key signs are signed together.
fn sign_some(waiting: &[Waiting], subjects: &[SubjectRecords]) -> Vec<Result<Rdata, SignError>> {
    let mut signed = Vec::with_capacity(waiting.len());
    // By key, since holder, AP and MSP take turns in a source.
    let mut order: Vec<usize> = (0..waiting.len()).collect();
    let key = |&at: &usize| Arc::as_ptr(&waiting[at].signer).cast::<()>();
    order.sort_by_key(key);
    for alike in order.chunk_by(|one, other| key(one) == key(other)) {
        let drafts: Vec<_> = alike
            .iter()
            .map(|&at| (&waiting[at].draft, &subjects[waiting[at].subject.0].identifier))
            .collect();
        let statements = Draft::sign_batch(&drafts, &*waiting[alike[0]].signer);
        let rdatas =
            statements.into_iter().map(|statement| statement.map(|statement| statement.rdata().into()));
        signed.extend(alike.iter().copied().zip(rdatas));
    }
    signed.sort_by_key(|(at, _)| *at);
    signed.into_iter().map(|(_, rdata)| rdata).collect()
}
