//! Several servers, of which the first to answer counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;

use super::exchange::{Exchange, Exchanging, Reply, Wish};
use super::socket::Server;
#[cfg(feature = "resolver-tls")]
use super::tls::TlsServer;
use super::{TransportBuildError, TransportError, Unreachable};
use crate::record::{Name, Rtype};
use crate::resolver::upstream::Upstream;

/// For so long a server that another one overtook is asked after the others.
const SHUNNED: Duration = Duration::from_secs(10);

/// Servers in the order in which they are to be asked.
#[derive(Debug)]
pub(super) struct Servers {
    all: Vec<One>,
    patience: Duration,
    timeout: Duration,
    start: Instant,
}

/// A road to a server.
#[derive(Debug)]
enum Road {
    Plain(Server),
    #[cfg(feature = "resolver-tls")]
    Tls(TlsServer),
}

impl Road {
    fn new(upstream: &Upstream) -> Result<Self, TransportBuildError> {
        match upstream {
            Upstream::Plain(address) => Ok(Self::Plain(Server::new(*address))),
            #[cfg(feature = "resolver-tls")]
            Upstream::Tls(upstream) => TlsServer::new(upstream).map(Self::Tls),
            #[cfg(not(feature = "resolver-tls"))]
            Upstream::Tls(_) => Err(TransportBuildError::NoTls),
        }
    }

    async fn ask(&self, name: &Name, rtype: Rtype, wish: Wish) -> Result<Reply, TransportError> {
        match self {
            Self::Plain(server) => server.ask(name, rtype, wish).await,
            #[cfg(feature = "resolver-tls")]
            Self::Tls(server) => server.ask(name, rtype, wish).await,
        }
    }

    fn upstream(&self) -> Upstream {
        match self {
            Self::Plain(server) => Upstream::Plain(server.address()),
            #[cfg(feature = "resolver-tls")]
            Self::Tls(server) => Upstream::Tls(server.upstream().clone()),
        }
    }
}

#[derive(Debug)]
struct One {
    server: Road,
    /// Until when it is asked last, in milliseconds since the start.
    shunned: AtomicU64,
}

impl Servers {
    pub(super) fn new(
        upstreams: &[Upstream],
        patience: Duration,
        timeout: Duration,
    ) -> Result<Self, TransportBuildError> {
        let one = |upstream| Ok(One { server: Road::new(upstream)?, shunned: AtomicU64::new(0) });
        let all: Result<Vec<One>, TransportBuildError> = upstreams.iter().map(one).collect();
        Ok(Self { all: all?, patience, timeout, start: Instant::now() })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The first reply, from servers that are asked one after another without waiting for the slow; none of those that
    /// were heard already.
    async fn ask(
        &self,
        name: &Name,
        rtype: Rtype,
        wish: Wish,
        heard: &[Upstream],
    ) -> Result<Reply, TransportError> {
        let now = self.now();
        let is_new = |index: &usize| heard.is_empty() || !heard.contains(&self.all[*index].server.upstream());
        // The order among the well ones, and among the others, is the caller's.
        let mut order: Vec<usize> = (0..self.all.len()).filter(is_new).collect();
        order.sort_by_key(|&index| self.all[index].shunned.load(Ordering::Relaxed) > now);
        let ask = |index: usize| async move { (index, self.all[index].server.ask(name, rtype, wish).await) };
        let mut waiting = order.iter();
        let (mut asked, mut silent) = (FuturesUnordered::new(), Vec::new());
        let mut failure = None;
        loop {
            let added = waiting.next().map(|&index| {
                asked.push(ask(index));
                silent.push(index);
            });
            let reply = if added.is_some() && waiting.len() > 0 {
                match timeout(self.patience, asked.next()).await {
                    Ok(reply) => reply,
                    Err(_) => continue,
                }
            } else {
                asked.next().await
            };
            let Some((index, reply)) = reply else {
                return Err(failure.unwrap_or(TransportError::Unreachable(Unreachable::NoServer)));
            };
            silent.retain(|&other| other != index);
            match reply {
                Ok(mut reply) => {
                    reply.from = Some(self.all[index].server.upstream());
                    // Whoever was asked earlier and has not answered by now is slow, or dead.
                    let earlier = |&&other: &&usize| {
                        order.iter().position(|&at| at == other) < order.iter().position(|&at| at == index)
                    };
                    silent.iter().filter(earlier).for_each(|&other| self.shun(other));
                    return Ok(reply);
                }
                Err(error) => {
                    if matches!(error, TransportError::Unreachable(_)) {
                        self.shun(index);
                    }
                    failure = Some(more_telling(failure, error));
                }
            }
        }
    }

    fn shun(&self, index: usize) {
        let until = self.now().saturating_add(u64::try_from(SHUNNED.as_millis()).unwrap_or(u64::MAX));
        self.all[index].shunned.store(until, Ordering::Relaxed);
    }
}

impl Exchange for Servers {
    fn exchange<'a>(&'a self, name: &'a Name, rtype: Rtype, wish: Wish) -> Exchanging<'a> {
        self.elsewhere(name, rtype, wish, &[])
    }

    fn elsewhere<'a>(
        &'a self,
        name: &'a Name,
        rtype: Rtype,
        wish: Wish,
        heard: &'a [Upstream],
    ) -> Exchanging<'a> {
        Box::pin(async move {
            let asking = self.ask(name, rtype, wish, heard);
            timeout(self.timeout, asking).await.unwrap_or(Err(TransportError::Timeout))
        })
    }
}

/// What a server said tells more than that one was silent, and that more than a broken network.
fn more_telling(before: Option<TransportError>, now: TransportError) -> TransportError {
    let rank = |error: &TransportError| match error {
        TransportError::ServFail { .. } | TransportError::Refused { .. } => 0,
        TransportError::Rcode(_) | TransportError::Referral | TransportError::AliasLoop => 1,
        TransportError::Malformed => 2,
        TransportError::Timeout => 3,
        TransportError::Unreachable(_) => 4,
    };
    before.filter(|before| rank(before) <= rank(&now)).unwrap_or(now)
}
