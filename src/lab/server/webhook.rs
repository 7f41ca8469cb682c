//! Tells a receiver what the ACS tells one: devices added, and devices deleted by hand.
//!
//! Must not do: tell what the world says was lost, or wait for a receiver that is slow.

use std::time::Duration;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use super::start::LabError;

/// How long a receiver may take for one message.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where messages go: plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receiver {
    host: String,
    address: String,
    path: String,
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub at: Timestamp,
    pub kind: &'static str,
    pub serial: String,
}

impl Receiver {
    /// Reads `http://HOST[:PORT]/PATH`.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn read(url: &str) -> Result<Self, LabError> {
        let rest = url.strip_prefix("http://").ok_or_else(|| LabError::Webhook(url.to_owned()))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        if host.is_empty() || !is_plain(host) || !is_plain(path) {
            return Err(LabError::Webhook(url.to_owned()));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { host.to_owned() } else { format!("{host}:80") };
        Ok(Self { host: host.to_owned(), address, path: format!("/{path}") })
    }

    fn request(&self, message: &Message) -> String {
        let body = serde_json::json!({
            "event": message.kind,
            "time": message.at.to_string(),
            "device": {"serialNumber": message.serial},
        })
        .to_string();
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.path,
            self.host,
            body.len()
        )
    }

    async fn tell(&self, message: &Message) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(self.request(message).as_bytes()).await?;
        // The answer is read so that the receiver is not reset; what it says changes nothing.
        let mut answer = [0; 1024];
        while stream.read(&mut answer).await? > 0 {}
        Ok(())
    }
}

/// Sends messages one after another, as long as there are any to come.
pub(super) async fn tell_all(receiver: Receiver, mut messages: UnboundedReceiver<Message>) {
    while let Some(message) = messages.recv().await {
        match timeout(PATIENCE, receiver.tell(&message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "a webhook could not be delivered"),
            Err(_) => tracing::info!("the receiver of a webhook took too long"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |url: &str| Receiver::read(url).ok().map(|r| (r.address, r.path));
        let wanted = |address: &str, path: &str| Some((address.to_owned(), path.to_owned()));
        assert_eq!(read("http://127.0.0.1:8734/webhook"), wanted("127.0.0.1:8734", "/webhook"));
        assert_eq!(read("http://localhost"), wanted("localhost:80", "/"));
        for bad in ["https://a/b", "http://", "127.0.0.1:1", "http://a b/"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
