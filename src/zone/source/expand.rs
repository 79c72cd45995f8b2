//! Identifiers to owner names, under every epoch of the zone's parameters.

use std::num::NonZero;
use std::thread;

use super::super::fault::BuildFault;
use super::super::finding::{Findings, Severity, Span};
use super::project::project;
use super::remembered::{Recalled, RememberedNames, Tag};
use super::{Source, SourceIdentifier, SubjectRecords};
use crate::record::hashed::HashedNameError;
use crate::record::parameters::{Hash, HashCeiling, Parameters, ParametersError, in_force};
use crate::record::{Name, Record, Rtype};

/// So few names of a cheap hash are not worth another thread.
const FEW: usize = 1024;

/// Two overlap while one is replaced; each costs a hash of every identifier.
const MOST_EPOCHS: usize = 4;

impl Source<'_> {
    /// Moves the identifiers' records into the builder.
    pub(super) fn expand(&mut self, apex: &Name, findings: &mut Findings) -> Vec<SourceIdentifier> {
        let epochs = self.epochs(apex, findings);
        let subjects = std::mem::take(&mut self.subjects);
        let Some(first) = subjects.first() else { return Vec::new() };
        if epochs.is_empty() {
            if !findings.has_errors() {
                findings.push(no_parameters(first.span));
            }
            return Vec::new();
        }
        if in_force(epochs.iter().map(|(parameters, _)| parameters), self.now).is_none() {
            findings.push(fault(
                epochs[0].1,
                Severity::Warning,
                "no-epoch-in-force",
                "the zone's parameters hold later only: nobody can look up its identifiers now",
                "publish parameters whose `from` has passed",
            ));
        }
        let epochs = distinct(epochs);
        if let Some((_, span)) = epochs.get(MOST_EPOCHS) {
            findings.push(fault(
                *span,
                Severity::Error,
                "too-many-epochs",
                "the zone has more than four epochs, and each makes a name of every identifier",
                "keep the epoch in force and the one that follows it",
            ));
            return Vec::new();
        }
        let names = owner_names(&subjects, &epochs, apex, &self.remembered);
        for (error, (_, span)) in names.errors.iter().zip(&epochs) {
            if let Some(error) = error {
                findings.push(fault(
                    *span,
                    Severity::Error,
                    "unusable-parameters",
                    &error.to_string(),
                    "change them",
                ));
            }
        }
        subjects
            .into_iter()
            .zip(names.of_subjects)
            .map(|(subject, owners)| self.expand_one(subject, owners, findings))
            .collect()
    }

    fn expand_one(
        &mut self,
        subject: SubjectRecords,
        owners: Vec<Name>,
        findings: &mut Findings,
    ) -> SourceIdentifier {
        let SubjectRecords { identifier, span, mut records } = subject;
        project(&mut records, self.now, findings);
        let mut statements = Vec::new();
        for (body, span) in records {
            let mut record = Record {
                owner: Name::root(),
                class: body.class,
                ttl: body.ttl,
                rtype: body.rtype,
                rdata: body.rdata,
            };
            for owner in &owners {
                record.owner = owner.clone();
                self.builder.add(&record, span);
            }
            if record.rtype == Rtype::MIMISIG {
                statements.push((span, record.rdata));
            }
        }
        SourceIdentifier { identifier, span, owners, statements }
    }

    /// The zone's parameters; what is wrong with them is told.
    fn epochs(&mut self, apex: &Name, findings: &mut Findings) -> Vec<(Parameters, Span)> {
        let candidates = std::mem::take(&mut self.parameters);
        let Ok(owner) = Parameters::owner(apex) else { return Vec::new() };
        let mut epochs = Vec::new();
        for (_, rdata, span) in candidates.into_iter().filter(|(name, ..)| *name == owner) {
            match Parameters::from_rdata(&rdata) {
                Ok(parameters) if !parameters.hash().is_within(&self.ceiling) => findings.push(fault(
                    span,
                    Severity::Error,
                    "dear-parameters",
                    "making owner names with these parameters costs more than is allowed",
                    "lower m, t and p, or raise the limit",
                )),
                Ok(parameters) => {
                    if !parameters.hash().is_within(&HashCeiling::default()) {
                        let message = "resolvers refuse parameters so dear unless their policy allows them";
                        let remedy = "lower m, t and p to 65536, 4 and 4 at most";
                        findings.push(fault(span, Severity::Warning, "dear-parameters", message, remedy));
                    }
                    epochs.push((parameters, span));
                }
                Err(error) => {
                    // Another version's parameters, or another use of the name, are not ours to judge.
                    let severity = match error {
                        ParametersError::Version => Severity::Warning,
                        _ => Severity::Error,
                    };
                    let message = format!("resolvers won't understand these parameters: {error}");
                    findings.push(fault(
                        span,
                        severity,
                        "bad-parameters",
                        &message,
                        "correct or remove the record",
                    ));
                }
            }
        }
        epochs
    }
}

/// Without those that make the same owner names as one before.
fn distinct(epochs: Vec<(Parameters, Span)>) -> Vec<(Parameters, Span)> {
    let mut distinct: Vec<(Parameters, Span)> = Vec::with_capacity(epochs.len());
    for (epoch, span) in epochs {
        let same =
            |(other, _): &(Parameters, Span)| other.hash() == epoch.hash() && other.shard() == epoch.shard();
        if !distinct.iter().any(same) {
            distinct.push((epoch, span));
        }
    }
    distinct
}

struct OwnerNames {
    /// For each subject, its names in the epochs that are usable.
    of_subjects: Vec<Vec<Name>>,
    /// For each epoch, why it is not.
    errors: Vec<Option<HashedNameError>>,
    /// Those that are worth to be kept.
    kept: Vec<(Tag, Name)>,
}

/// One hash for each subject and epoch, on all cores where that is worth it: Argon2id takes some
/// 30 ms each, but for those whose names are remembered.
fn owner_names(
    subjects: &[SubjectRecords],
    epochs: &[(Parameters, Span)],
    apex: &Name,
    remembered: &RememberedNames,
) -> OwnerNames {
    let dear = epochs.iter().any(|(epoch, _)| matches!(epoch.hash(), Hash::Argon2id { .. }));
    let threads = match thread::available_parallelism() {
        Ok(threads) if dear || subjects.len() > FEW => threads.get(),
        _ => NonZero::<usize>::MIN.get(),
    };
    let share = subjects.len().div_ceil(threads).max(1);
    let recalled = if dear { remembered.recall() } else { None };
    let recalled = recalled.as_ref();
    let parts: Vec<OwnerNames> = thread::scope(|scope| {
        let workers: Vec<_> = subjects
            .chunks(share)
            .map(|part| scope.spawn(move || part_of_owner_names(part, epochs, apex, recalled)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let of_subjects = Vec::with_capacity(subjects.len());
    let mut all = OwnerNames { of_subjects, errors: vec![None; epochs.len()], kept: Vec::new() };
    for mut part in parts {
        all.kept.append(&mut part.kept);
        all.of_subjects.extend(part.of_subjects);
        for (error, found) in all.errors.iter_mut().zip(part.errors) {
            *error = error.take().or(found);
        }
    }
    remembered.keep(std::mem::take(&mut all.kept));
    all
}

fn part_of_owner_names(
    subjects: &[SubjectRecords],
    epochs: &[(Parameters, Span)],
    apex: &Name,
    recalled: Option<&Recalled>,
) -> OwnerNames {
    let (mut errors, mut kept) = (vec![None; epochs.len()], Vec::new());
    let mut name = |epoch: &Parameters, identifier| -> Result<Name, HashedNameError> {
        let tag = recalled.and_then(|recalled| recalled.tag(epoch, apex, identifier));
        let known = tag.and_then(|tag| recalled?.name(&tag));
        let name = known.map_or_else(|| epoch.owner_name(identifier, apex), Ok)?;
        kept.extend(tag.map(|tag| (tag, name.clone())));
        Ok(name)
    };
    let of_subjects = subjects
        .iter()
        .map(|subject| {
            let mut owners = Vec::with_capacity(epochs.len());
            for ((epoch, _), error) in epochs.iter().zip(&mut errors).filter(|(_, error)| error.is_none()) {
                match name(epoch, &subject.identifier) {
                    Ok(owner) => owners.push(owner),
                    Err(why) => *error = Some(why),
                }
            }
            owners
        })
        .collect();
    OwnerNames { of_subjects, errors, kept }
}

fn no_parameters(span: Span) -> BuildFault {
    fault(
        span,
        Severity::Error,
        "no-parameters",
        "the zone has no parameters that say how the owner names of identifiers are made",
        "write a record such as `_mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=<32 random hexadecimal digits>; shard=0; from=20260101000000\"`",
    )
}

fn fault(span: Span, severity: Severity, code: &'static str, message: &str, remedy: &str) -> BuildFault {
    BuildFault { span, owner: None, severity, code, message: message.to_owned(), remedy: remedy.to_owned() }
}
