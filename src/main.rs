//! acerto, the program: guards the process, wires the adapters, runs one of the two faces.
//!
//! Must not do: any work of its own.

mod wiring;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use acerto::app::face::Face;
use acerto::config::ProcessEnvironment;
use acerto::headless::{self, args::Cli, console::Console};
use acerto::tui::terminal::Errors;
use acerto::tui::{keymap, run};
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};
use signal_hook::consts::SIGXFSZ;
use tracing::Level;

/// The dashboard, for who sits at a terminal.
const FACE: Face = Face { dashboard: run::open, keys: keymap::told };

fn main() -> ExitCode {
    guard_process();
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(usage) => {
            // Help into a closed pipe is no failure.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    log_to_stderr(&cli);
    // A mistake of ours is told by the hook, and is exit code 1, not the runtime's 101.
    let work = || headless::run(&cli, &wiring::ADAPTERS, &ProcessEnvironment, FACE);
    ExitCode::from(catch_unwind(AssertUnwindSafe(work)).unwrap_or(1))
}

/// Files are private unless somebody says otherwise, memory with secrets is never dumped,
/// and a mistake of ours is one line. A panic inside the database means a damaged file: the
/// store catches it and says so in its own words.
fn guard_process() {
    umask(Mode::from_raw_mode(0o077));
    // A file beyond the size that is allowed is an error to tell, like a full disk. The flag is
    // never read: that somebody handles the signal is enough. Where that fails it kills, as ever.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Where the system refuses, there is no limit to lower.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    std::panic::set_hook(Box::new(|panic| {
        if panic.location().is_some_and(|l| l.file().contains("redb-")) {
            return;
        }
        let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
        let place = place.unwrap_or_default();
        // What it says may hold a device's string.
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or(payload.downcast_ref::<String>().map(String::as_str));
        let why = acerto::domain::text::visible(text.unwrap_or_default());
        let _ = writeln!(std::io::stderr(), "error: internal error at {place}: {why}");
    }));
}

fn log_to_stderr(cli: &Cli) {
    let level = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Level::ERROR,
        (false, 0) => Level::WARN,
        (false, 1) => Level::INFO,
        (false, 2) => Level::DEBUG,
        (false, _) => Level::TRACE,
    };
    let color = Console::new(&cli.global, &ProcessEnvironment).err.color;
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| Errors)
        .with_ansi(color)
        .with_target(false)
        .init();
}
