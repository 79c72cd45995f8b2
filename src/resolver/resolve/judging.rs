//! Judging what was gathered, of several identifiers at a time.

use std::borrow::Borrow;

use futures_util::future::join_all;

use super::Inner;
use super::gather::Gathered;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::resolver::assemble::{self, assemble};
use crate::resolver::budget::{Budget, Limits};
use crate::resolver::discovery::Discovery;
use crate::resolver::domain_keys::KeysAsked;
use crate::resolver::judge::{Case, Judged, judge, verify_together};
use crate::resolver::order::Wanted;
use crate::statement::Verdicts;

/// One identifier whose statements are judged.
struct Matter<B> {
    identifier: B,
    gathered: Gathered,
    keys: KeysAsked,
    /// What providers and trees left of questions is for keys.
    for_keys: Budget,
    /// Of all judgements so far.
    spent: Limits,
    judged: Option<Judged>,
}

impl Inner {
    /// Judges; where keys are missing that the DNS may have, asks for them and judges again. The discoveries are in
    /// the order of the identifiers.
    pub(super) async fn judge_together<B: Borrow<Identifier>>(
        &self,
        gathered: Vec<(B, Gathered)>,
        wanted: &Wanted,
    ) -> Vec<Discovery> {
        let now = (self.clock)();
        let mut matters: Vec<_> =
            gathered.into_iter().map(|(identifier, gathered)| self.matter(identifier, gathered)).collect();
        let mut verdicts = Verdicts::default();
        loop {
            self.judge_open(&mut matters, &mut verdicts, now);
            let asking = matters.iter_mut().filter_map(|matter| {
                let wanted = matter.judged.as_mut().map(|judged| std::mem::take(&mut judged.wanted))?;
                // First for those who say who has the identifier, then for those whom the holder lists.
                (!wanted.is_empty()).then(|| {
                    matter.judged = None;
                    let until = matter.gathered.until;
                    matter.keys.ask(wanted, &*self.transport, &matter.for_keys, until, &*self.clock)
                })
            });
            if join_all(asking).await.is_empty() {
                break;
            }
        }
        matters.into_iter().map(|matter| self.discovery(matter, wanted, now)).collect()
    }

    fn matter<B>(&self, identifier: B, gathered: Gathered) -> Matter<B> {
        let for_keys = Budget::new(self.policy.limits.minus(gathered.spent));
        let (keys, spent) = (KeysAsked::default(), Limits::NOTHING);
        Matter { identifier, gathered, keys, for_keys, spent, judged: None }
    }

    /// Judges those of which there is no judgement, or which has to be another one.
    fn judge_open<B: Borrow<Identifier>>(
        &self,
        matters: &mut [Matter<B>],
        verdicts: &mut Verdicts,
        now: UnixTime,
    ) {
        // Signatures are the judge's alone, who shares them out by what matters most; so are the rules
        // that the providers had no use for.
        let (limits, none) = (self.policy.limits, Verdicts::default());
        let budget = |gathered: &Gathered| {
            let (providers, parts) =
                (gathered.providers.len(), gathered.providers.len() + gathered.trees.len());
            let rules = (0..providers).map(|part| limits.share(part, parts).rules).sum();
            Budget::new(Limits { rules, ..limits })
        };
        let open = || matters.iter().filter(|matter| matter.judged.is_none());
        // Of one alone nothing is foreseen: it is cheaper to see what is needed.
        if open().count() > 1 {
            let budgets: Vec<_> = open().map(|matter| budget(&matter.gathered)).collect();
            let cases = open().zip(&budgets).map(|(matter, budget)| {
                (self.case(matter, budget, &none, now), matter.gathered.delivered().collect())
            });
            verify_together(cases, verdicts);
        }
        for matter in matters.iter_mut().filter(|matter| matter.judged.is_none()) {
            let budget = budget(&matter.gathered);
            let judged = judge(self.case(matter, &budget, verdicts, now), matter.gathered.delivered());
            matter.spent = matter.spent.plus(budget.spent());
            matter.judged = Some(judged);
        }
    }

    fn case<'c, B: Borrow<Identifier>>(
        &'c self,
        matter: &'c Matter<B>,
        budget: &'c Budget,
        verdicts: &'c Verdicts,
        now: UnixTime,
    ) -> Case<'c> {
        let (identifier, policy, served) = (matter.identifier.borrow(), &self.policy, &matter.keys.served);
        Case { identifier, policy, now, budget, memory: self.memory.as_deref(), served, verdicts }
    }

    fn discovery<B: Borrow<Identifier>>(
        &self,
        matter: Matter<B>,
        wanted: &Wanted,
        now: UnixTime,
    ) -> Discovery {
        let Matter { identifier, gathered, keys, for_keys, spent, judged } = matter;
        let judged = judged.expect("every matter is judged");
        if let Some(memory) = &self.memory {
            for (subject, inception) in &judged.seen {
                memory.remember(*subject, *inception);
            }
        }
        let spent = gathered.spent.plus(spent).plus(for_keys.spent());
        let Gathered { providers, trees, .. } = gathered;
        let discovery = assemble(assemble::Gathered { now, judged, providers, trees, keys, spent }, wanted);
        tracing::debug!(
            kind = %identifier.borrow().kind(),
            result = discovery.result.code(),
            statements = discovery.statements.len(),
            "resolved"
        );
        discovery
    }
}
