//! Names to addresses, by the system's resolver on a thread of its own.
//!
//! A runtime waits for its blocking work when it ends, and a dead resolver takes half a minute
//! for a name: a thread of its own can be left behind, so nobody waits longer than the limits.
//! Must not do: keep or choose addresses.

use std::io;
use std::net::ToSocketAddrs as _;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// The name has no address, in the resolver's words.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address: {0}")]
pub(super) struct NoAddress(io::Error);

/// The system's resolver.
pub(super) struct Lookup;

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (tell, told) = oneshot::channel();
        let look = move || {
            // Nobody listens any more where the request ended first.
            let _ = tell.send((host.as_str(), 0).to_socket_addrs());
        };
        let started = thread::Builder::new().name("name-lookup".to_owned()).spawn(look);
        Box::pin(async move {
            started.map_err(NoAddress)?;
            let found = told.await.map_err(|e| NoAddress(io::Error::other(e)))?;
            let addresses = found.map_err(NoAddress)?;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
