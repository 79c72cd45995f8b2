//! Signatures of answers that come at the same time, checked together: of many by one key each costs a third.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Duration, timeout};

use crate::dnssec::validate::{Foreseen, Held, hold_together};

/// So many are not kept waiting for more.
const MOST: usize = 128;
/// How often others have their turn while more come.
const TURNS: usize = 4;
/// So long whoever came first is waited for: its future may be kept and not be polled any more.
const PATIENCE: Duration = Duration::from_millis(5);

type Waiting = (Foreseen, oneshot::Sender<Option<Held>>);

/// Where signatures wait for each other, as long as others that are ready have their turn.
#[derive(Default)]
pub(super) struct Together {
    waiting: Mutex<Vec<Waiting>>,
}

impl Together {
    /// Says of a signature that it holds, or nothing: then it is to be checked by itself.
    pub(super) async fn hold(&self, foreseen: Foreseen) -> Option<Held> {
        let (tell, mut told) = oneshot::channel();
        // Whoever comes first checks those of all.
        if self.push((foreseen, tell)) == 1 {
            let gathering = Gathering(self);
            let mut count = 1;
            for _ in 0..TURNS {
                yield_now().await;
                let now = self.lock().len();
                if now == count || now >= MOST {
                    break;
                }
                count = now;
            }
            drop(gathering);
        }
        if let Ok(told) = timeout(PATIENCE, &mut told).await {
            return told.ok().flatten();
        }
        drop(Gathering(self));
        // Told by now, or by whoever has taken it off the list: that goes on to its end without being polled.
        told.await.ok().flatten()
    }

    fn push(&self, one: Waiting) -> usize {
        let mut waiting = self.lock();
        waiting.push(one);
        waiting.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What gathers is checked when this ends, also where who came first has gone: nobody waits in vain.
struct Gathering<'a>(&'a Together);

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        let (all, tell): (Vec<_>, Vec<_>) = std::mem::take(&mut *self.0.lock()).into_iter().unzip();
        // One alone is checked as any other.
        let held = if all.len() > 1 { hold_together(all) } else { vec![None] };
        for (held, tell) in held.into_iter().zip(tell) {
            // Who has gone meanwhile need not know.
            let _ = tell.send(held);
        }
    }
}
