//! Many identifiers at a time: an address book.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::FuturesOrdered;

use super::Resolver;
use super::gather::Gathered;
use crate::identifier::Identifier;
use crate::resolver::discovery::Discovery;
use crate::resolver::error::ResolveError;
use crate::resolver::order::Wanted;

/// How many are asked about at the same time: enough to hide the network, not enough to flood it.
const AT_ONCE: usize = 64;
/// So many are judged together. More would make signatures little cheaper, and others wait longer.
const TOGETHER: usize = 64;

/// What was gathered about an identifier, to come.
type Gathering<'a, B> = Pin<Box<dyn Future<Output = Result<(B, Gathered), ResolveError>> + Send + 'a>>;

/// The answers to a question about many identifiers, in their order.
///
/// The first is asked about alone and then twice as many each time, so that what the others need too is known by
/// then, and a server is not taken by surprise.
#[must_use = "nothing is asked before an answer is awaited"]
pub struct ResolvingAll<'a, I: Iterator> {
    resolver: &'a Resolver,
    identifiers: std::iter::Fuse<I>,
    wanted: Wanted,
    at_once: usize,
    /// Grows up to `at_once`.
    now_at_once: usize,
    gathering: FuturesOrdered<Gathering<'a, I::Item>>,
    /// What was gathered while others were judged.
    gathered: VecDeque<Result<(I::Item, Gathered), ResolveError>>,
    answers: VecDeque<Result<Discovery, ResolveError>>,
}

impl<'a, I> ResolvingAll<'a, I>
where
    I: Iterator,
    I::Item: Borrow<Identifier> + Send + 'a,
{
    pub(super) fn new(resolver: &'a Resolver, identifiers: I) -> Self {
        Self {
            resolver,
            identifiers: identifiers.fuse(),
            wanted: Wanted::default(),
            at_once: AT_ONCE,
            now_at_once: 1,
            gathering: FuturesOrdered::new(),
            gathered: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    /// Wants mappings of this service only, as [`Request::service`](super::Request::service).
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.wanted.services.push(service.into());
        self
    }

    /// Wants mappings only that the holder gave this tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.wanted.tag = Some(tag.into());
        self
    }

    /// Asks about so many at the same time; 64 where nothing is said, and at least one.
    pub fn at_once(mut self, identifiers: usize) -> Self {
        self.at_once = identifiers.max(1);
        self
    }

    /// The answer about the next identifier; `None` after the last. Await it to its end: where it is dropped
    /// before, answers that were being judged do not come any more. Between two calls only questions that have been
    /// asked go on: the look-ups that asked them wait, and their deadlines do not. Nobody else waits for them.
    ///
    /// # Errors
    /// Each answer's own, as of [`Resolver::resolve`]: others are not concerned.
    pub async fn next(&mut self) -> Option<Result<Discovery, ResolveError>> {
        loop {
            if let Some(answer) = self.answers.pop_front() {
                return Some(answer);
            }
            self.ask();
            if self.gathered.is_empty() {
                let one = self.gathering.next().await?;
                self.gathered.push_back(one);
            }
            // Those behind it that are there already.
            while self.gathered.len() < TOGETHER
                && let Some(Some(another)) = self.gathering.next().now_or_never()
            {
                self.gathered.push_back(another);
            }
            let count = self.gathered.len().min(TOGETHER);
            let gathered = self.gathered.drain(..count).collect();
            self.now_at_once = (self.now_at_once * 2).min(self.at_once);
            // Others are asked about while these are judged.
            self.ask();
            self.judge(gathered).await;
        }
    }

    /// Begins to ask about as many as may be asked about now.
    fn ask(&mut self) {
        while self.gathering.len() + self.gathered.len() < self.now_at_once
            && let Some(identifier) = self.identifiers.next()
        {
            let (resolver, wanted) = (self.resolver, self.wanted.clone());
            self.gathering.push_back(Box::pin(async move {
                let gathered = resolver.inner.gather(identifier.borrow(), &wanted, false).await?;
                Ok((identifier, gathered))
            }));
        }
    }

    async fn judge(&mut self, gathered: Vec<Result<(I::Item, Gathered), ResolveError>>) {
        let (mut errors, mut matters) = (Vec::new(), Vec::new());
        for one in gathered {
            match one {
                Ok(matter) => {
                    errors.push(None);
                    matters.push(matter);
                }
                Err(error) => errors.push(Some(error)),
            }
        }
        let Self { resolver, wanted, gathering, gathered: there, .. } = self;
        let mut judging = std::pin::pin!(resolver.inner.judge_together(matters, wanted));
        // Who asks goes on meanwhile: time runs for them, and they may hold what the judge waits for.
        let judged = loop {
            if gathering.is_empty() {
                break judging.as_mut().await;
            }
            match select(judging.as_mut(), gathering.next()).await {
                Either::Left((judged, _)) => break judged,
                Either::Right((one, _)) => there.extend(one),
            }
        };
        let mut judged = judged.into_iter();
        self.answers.extend(errors.into_iter().map(|error| match error {
            Some(error) => Err(error),
            None => Ok(judged.next().expect("one judgement for each identifier")),
        }));
    }
}

impl<I: Iterator> fmt::Debug for ResolvingAll<'_, I> {
    /// Without the identifiers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvingAll")
            .field("at_once", &self.at_once)
            .field("under_way", &self.gathering.len())
            .finish_non_exhaustive()
    }
}
