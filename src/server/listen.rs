//! A listener that cannot be held up: who dawdles over a request's head is hung up on, and no more connections are kept than
//! there are places. What becomes of a body is for the routes to say.

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// After an accept that failed for want of file handles.
const BREATH: Duration = Duration::from_millis(200);

/// An address may hold one of so many parts of the places.
const SHARE: usize = 4;

/// What a listener puts up with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first byte (or the end of the request before) to the end of a request's head.
    pub head_within: Duration,
    pub connections: usize,
}

/// The page's: browsers keep connections open between requests.
pub const PAGE: Limits = Limits {
    head_within: Duration::from_secs(75),
    connections: 1_024,
};

/// The webhook's, which strangers reach.
pub const WEBHOOK: Limits = Limits {
    head_within: Duration::from_secs(10),
    connections: 128,
};

/// Serves until the listener breaks. Handlers find the caller's address in `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let callers = Arc::new(Callers::new(limits.connections / SHARE));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("it is never closed");
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_the_callers(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "no connection can be taken in");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let Some(caller) = Callers::enter(&callers, peer.ip()) else {
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            connection(stream, peer, router, limits.head_within).await;
            drop((place, caller));
        });
    }
}

/// How many connections each address holds: one alone cannot take all places. This machine may, since proxies and tunnels
/// come from there.
struct Callers {
    most: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection of an address; gives its place back.
struct Caller {
    callers: Arc<Callers>,
    from: IpAddr,
}

impl Callers {
    fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            held: Mutex::default(),
        }
    }

    /// `None` if the address holds its share already.
    fn enter(callers: &Arc<Self>, from: IpAddr) -> Option<Caller> {
        let mut held = callers.held.lock().expect("not poisoned");
        let count = held.entry(from).or_default();
        if *count >= callers.most && !from.to_canonical().is_loopback() {
            return None;
        }
        *count += 1;
        Some(Caller {
            callers: Arc::clone(callers),
            from,
        })
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let mut held = self.callers.held.lock().expect("not poisoned");
        if let Some(count) = held.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.from);
            }
        }
    }
}

fn is_the_callers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, head_within: Duration) {
    // small answers at once
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_all_places_but_this_machine_may() {
        let callers = Arc::new(Callers::new(2));
        let enter = |from: &str| Callers::enter(&callers, from.parse().unwrap());
        let (first, second) = (enter("192.0.2.1"), enter("192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(enter("192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some());
        drop(first);
        let again = enter("192.0.2.1");
        assert!(again.is_some());
        let here: Vec<_> = (0..9).map(|_| enter("::ffff:127.0.0.1")).collect();
        assert!(here.iter().all(Option::is_some));
        drop((second, again, here));
        assert!(callers.held.lock().unwrap().is_empty());
    }
}
