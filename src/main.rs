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
use acerto::config::{self, LogLevel, ProcessEnvironment};
use acerto::headless::{self, args::Cli, console::Console};
use acerto::telemetry::{self, LogFile, Place, TOLD};
use acerto::tui::terminal::Errors;
use acerto::tui::{keymap, run};
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};
use signal_hook::consts::SIGXFSZ;
use tracing::level_filters::LevelFilter;

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
    log(&cli);
    // A mistake of ours is told by the hook, and is exit code 1, not the runtime's 101.
    let work = || headless::run(&cli, &wiring::ADAPTERS, &ProcessEnvironment, FACE);
    let code = catch_unwind(AssertUnwindSafe(work)).unwrap_or(1);
    tracing::info!(target: TOLD, code, "ended");
    ExitCode::from(code)
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
        let why = acerto::domain::scrub::scrub(text.unwrap_or_default());
        let why = acerto::domain::text::visible(&why);
        let _ = writeln!(std::io::stderr(), "error: internal error at {place}: {why}");
        tracing::error!(target: TOLD, "internal error at {place}: {why}");
    }));
}

/// To stderr as `-v` and `-q` say, and to the profile's files where it has any. A configuration
/// that can't be read has no profile: the command itself says why.
fn log(cli: &Cli) {
    let level = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let color = Console::new(&cli.global, &ProcessEnvironment).err.color;
    // Held back while the dashboard has the screen.
    let say = |line: &str| {
        let _ = Errors.write_all(line.as_bytes());
    };
    let (flags, files) = (cli.flags(), cli.files());
    // Two exports without a profile leave nothing behind.
    let nameless = files.acs_file.is_some()
        && files.provider_file.is_some()
        && config::named_profile(&flags, &ProcessEnvironment).is_none();
    let is_logged = cli.is_logged() && !nameless;
    let settings = is_logged.then(|| config::load(&flags, &ProcessEnvironment));
    let settings = settings.and_then(Result::ok).filter(|s| s.log.level != LogLevel::Off);
    let profile = settings.as_ref().map(|s| s.profile.clone()).unwrap_or_default();
    let file = settings.map(|settings| LogFile::new(Place::of(&settings), Box::new(say)));
    telemetry::begin(level, color, Box::new(say), file);
    let (version, called) = (env!("CARGO_PKG_VERSION"), cli.called.as_deref());
    let called = called.unwrap_or(if cli.reconcile { "reconcile" } else { "dashboard" });
    tracing::info!(target: TOLD, version, called, profile, "began");
}
