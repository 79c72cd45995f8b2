//! What one server gave and nothing proves, asked of others: one that is behind, or lies, is not the last word.
//!
//! Source: RFC 4035 §4.7 and RFC 9520 §3: others once, within what is left of messages and half of what is left of time,
//! so that a server can cost no more than so much, and leaves time to say what is wrong.

use tokio::time::{Instant, timeout_at};

use super::{Run, Validator};
use crate::record::{Name, Rtype};
use crate::resolver::transport::{
    Answer, Exchange, Exchanging, Followed, Proof, TransportError, Unreachable, Why, Wish, follow,
};
use crate::resolver::upstream::Upstream;

/// All but those that were heard.
struct Others<'a> {
    exchange: &'a dyn Exchange,
    heard: Vec<Upstream>,
}

/// Whether an answer has a fault that may be one server's.
pub(super) fn may_be_better(answer: &Answer) -> bool {
    matches!(answer.proof, Proof::Bogus(_))
        || answer.unknown().flatten().any(|why| why.code == Why::NO_SIGNATURES)
}

impl Validator {
    /// The answer of others than those whose replies a run used; nothing unless it is proven, or proven to be insecure.
    pub(super) async fn elsewhere(
        &self,
        run: &Run<'_>,
        followed: &Followed,
        name: &Name,
        rtype: Rtype,
    ) -> Option<Answer> {
        let now = Instant::now();
        let until = now + run.until.saturating_duration_since(now) / 2;
        for heard in run.suspects(followed) {
            let others = Others { exchange: run.exchange, heard };
            let following = follow(&others, name, rtype, Wish::Proofs);
            let found = match timeout_at(until, following).await {
                Ok(Ok(found)) => found,
                Ok(Err(TransportError::Unreachable(Unreachable::NoServer))) => continue,
                Ok(Err(_)) | Err(_) => return None,
            };
            let spent = u32::try_from(found.replies.len()).unwrap_or(u32::MAX);
            let messages = run.messages.saturating_sub(spent);
            let mut again = Run { messages, ..self.run(&others, until) };
            let answer = again.prove(&found, name, rtype).await;
            let left = again.messages;
            let (again, answer) = self.afresh(again, left, &found, answer, name, rtype).await;
            if matches!(answer.proof, Proof::Secure | Proof::Insecure) {
                return Some(answer);
            }
            self.keep_failures(again.failed);
            return None;
        }
        None
    }
}

impl Run<'_> {
    /// Who may be at fault: all who were heard, or where they are all that there are, the one heard last.
    fn suspects(&self, followed: &Followed) -> Vec<Vec<Upstream>> {
        let mut answered = followed.replies.iter().filter_map(|reply| reply.from.as_ref());
        let mut all = self.heard.clone();
        for from in answered.clone() {
            if !all.contains(from) {
                all.push(from.clone());
            }
        }
        let culprit = self.culprit.as_ref().or(answered.next_back()).cloned();
        let suspects = [all, culprit.into_iter().collect()];
        suspects.into_iter().filter(|suspects| !suspects.is_empty()).collect()
    }
}

impl Exchange for Others<'_> {
    fn exchange<'a>(&'a self, name: &'a Name, rtype: Rtype, wish: Wish) -> Exchanging<'a> {
        self.exchange.elsewhere(name, rtype, wish, &self.heard)
    }

    fn elsewhere<'a>(
        &'a self,
        name: &'a Name,
        rtype: Rtype,
        wish: Wish,
        heard: &'a [Upstream],
    ) -> Exchanging<'a> {
        Box::pin(async move {
            let heard = [&self.heard[..], heard].concat();
            self.exchange.elsewhere(name, rtype, wish, &heard).await
        })
    }
}
