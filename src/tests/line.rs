//! A line between a studio and a store that can be cut and mended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

pub struct Line {
    address: String,
    far: Arc<Mutex<String>>,
    is_cut: Arc<AtomicBool>,
    cut: Arc<Notify>,
    delay: Arc<Mutex<Duration>>,
}

impl Line {
    /// A line to an `http://` address of this machine.
    pub async fn to(address: &str) -> Self {
        let line = Self::unconnected().await;
        line.connect(address);
        line
    }

    /// A line whose other end is told later.
    pub async fn unconnected() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let line = Self {
            address: format!("http://{}", listener.local_addr().expect("an address")),
            far: Arc::default(),
            is_cut: Arc::default(),
            cut: Arc::default(),
            delay: Arc::default(),
        };
        let delay = Arc::clone(&line.delay);
        let (is_cut, cut) = (Arc::clone(&line.is_cut), Arc::clone(&line.cut));
        let end = Arc::clone(&line.far);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let far = end.lock().expect("not poisoned").clone();
                let cut = Arc::clone(&cut);
                let delay = *delay.lock().expect("not poisoned");
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    let mut far = TcpStream::connect(far).await.expect("it is there");
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        line
    }

    /// New connections lead to this `http://` address of this machine.
    pub fn connect(&self, address: &str) {
        let far = address.trim_start_matches("http://").to_owned();
        *self.far.lock().expect("not poisoned") = far;
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.cut.notify_waiters();
    }

    /// What comes over a new connection arrives later by this.
    pub fn slow_down(&self, delay: Duration) {
        *self.delay.lock().expect("not poisoned") = delay;
    }

    pub fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}
