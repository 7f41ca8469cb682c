//! A program that is given so much time: ended with its children after it, whatever it does.
//!
//! Must not do: read what it says, or hand it more of the environment than it is given.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::app::Stop;

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// What of its output is kept at most.
const OUTPUT_BYTES_MAX: u64 = 4096;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that nobody here sent.
    Killed(i32),
    /// It had its time.
    TooLong,
    /// Somebody asked this process to stop.
    Stopped,
}

/// How long a program may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Then it is asked to end.
    pub limit: Duration,
    /// And so much later it is killed.
    pub grace: Duration,
}

/// Runs a program with `input` on its standard input; its output goes to `output`, if anywhere.
///
/// # Errors
/// Where it can't be started.
pub fn run(
    command: &mut Command,
    input: &[u8],
    output: Option<&File>,
    patience: Patience,
    stop: Option<&Stop>,
) -> io::Result<Ended> {
    let stdin = file_of(input)?;
    let stdout = output.map_or_else(|| Ok(Stdio::null()), |file| file.try_clone().map(Stdio::from));
    let mut child = command.stdin(stdin).stdout(stdout?).process_group(0).spawn()?;
    let until = Instant::now() + patience.limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(ended(status));
        }
        if stop.is_some_and(|stop| stop.asked().is_some()) {
            end(&mut child, patience.grace)?;
            return Ok(Ended::Stopped);
        }
        if Instant::now() >= until {
            end(&mut child, patience.grace)?;
            return Ok(Ended::TooLong);
        }
        std::thread::sleep(POLL);
    }
}

/// A file holds any length, and can't make the writer wait for a reader that never reads.
fn file_of(input: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file)
}

fn ended(status: ExitStatus) -> Ended {
    status.code().map_or_else(|| Ended::Killed(status.signal().unwrap_or_default()), Ended::Exited)
}

/// Asks the whole group to end; what is left of it is killed.
fn end(child: &mut Child, grace: Duration) -> io::Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let send = |signal| {
        // A group that has ended is what was wanted.
        let _ = group.map(|group| kill_process_group(group, signal));
    };
    send(Signal::TERM);
    let until = Instant::now() + grace;
    while child.try_wait()?.is_none() && Instant::now() < until {
        std::thread::sleep(POLL);
    }
    send(Signal::KILL);
    child.wait().map(drop)
}

/// The beginning of what a program wrote.
///
/// # Errors
/// Where the file can't be read.
pub fn said(output: &mut File) -> io::Result<String> {
    output.rewind()?;
    let mut bytes = Vec::new();
    output.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Patience =
        Patience { limit: Duration::from_secs(60), grace: Duration::from_secs(1) };

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stderr(Stdio::null());
        command
    }

    #[test]
    fn it_is_given_its_input_and_ends_as_it_does() {
        let mut output = tempfile::tempfile().unwrap();
        let text = "a line\n".repeat(20_000);
        let ended = run(&mut sh("wc -c; exit 7"), text.as_bytes(), Some(&output), LONG, None);
        assert_eq!(ended.unwrap(), Ended::Exited(7));
        assert_eq!(said(&mut output).unwrap().trim(), text.len().to_string());
        let ended = run(&mut sh("kill -9 $$"), b"", None, LONG, None).unwrap();
        assert_eq!(ended, Ended::Killed(9));
        assert!(run(&mut Command::new("/no/such/program"), b"", None, LONG, None).is_err());
    }

    #[test]
    fn one_that_never_reads_is_not_waited_for() {
        let text = vec![b'x'; 1 << 20];
        assert_eq!(run(&mut sh("exit 0"), &text, None, LONG, None).unwrap(), Ended::Exited(0));
    }

    #[test]
    fn when_its_time_is_over_it_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let script = format!(
            "trap '' TERM; sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait; sleep 600",
            pids.display()
        );
        let patience =
            Patience { limit: Duration::from_secs(2), grace: Duration::from_millis(100) };
        assert_eq!(run(&mut sh(&script), b"", None, patience, None).unwrap(), Ended::TooLong);
        let grandchild = std::fs::read_to_string(pids).unwrap();
        let path = format!("/proc/{}/stat", grandchild.trim());
        let gone = || std::fs::read_to_string(&path).map_or(true, |stat| stat.contains(") Z "));
        let until = Instant::now() + Duration::from_secs(10);
        while !gone() {
            assert!(Instant::now() < until, "its child lives on");
            std::thread::sleep(POLL);
        }
    }

    #[test]
    fn it_is_ended_when_this_process_is() {
        let stop = Stop::default();
        stop.ask_as(crate::app::exit::Signal::Terminate);
        let ended = run(&mut sh("sleep 600"), b"", None, LONG, Some(&stop)).unwrap();
        assert_eq!(ended, Ended::Stopped);
    }

    #[test]
    fn what_it_says_is_bounded() {
        let mut output = tempfile::tempfile().unwrap();
        run(&mut sh("yes | head -c 100000"), b"", Some(&output), LONG, None).unwrap();
        assert_eq!(said(&mut output).unwrap().len() as u64, OUTPUT_BYTES_MAX);
    }
}
