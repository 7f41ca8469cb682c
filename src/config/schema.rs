//! Every table and key of the configuration (CLI.md section 2), with the shipped values.
//!
//! Must not do: conclude anything; `profile` does. A key that only a later command reads
//! is here already, so that one file serves every release.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use crate::config::choices::{
    Auth, Calls, DeviceSource, DriftField, Kind, ListenMode, LogLevel, OneOrMany, Paging,
    StatusMeans, StoreMode, StorePii, UiLang, Update,
};
use crate::config::section::section;
use crate::config::unattended::{self, Hook, Schedule};
use crate::config::value::{Address, Keep, Percent, Period, Rate, Size, Window, Zone};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRaw {
    pub(super) default_profile: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) profiles: BTreeMap<String, Spanned<ProfileRaw>>,
    #[serde(default)]
    pub(super) net: NetRaw,
    #[serde(default)]
    pub(super) guard: GuardRaw,
    #[serde(default)]
    pub(super) causes: CausesRaw,
    #[serde(default)]
    pub(super) store: StoreRaw,
    #[serde(default)]
    pub(super) log: LogRaw,
    #[serde(default)]
    pub(super) listen: ListenRaw,
    #[serde(default)]
    pub(super) ui: UiRaw,
}

section! {
    /// A profile's own keys; its two sides are tables of their own.
    ProfileKeys / ProfileRaw {
        shipped {
            /// Every write is refused.
            read_only: bool = false,
        }
        optional {
            /// Red frame, LOCKED. Unset: true unless every url is loopback or a file.
            production: bool,
            /// Zone of zone-less times. Unset: this machine's.
            timezone: Zone,
        }
        nested { acs: SideRaw, provider: SideRaw, }
    }
}

section! {
    /// How the network adapters talk.
    Net / NetRaw {
        shipped {
            /// Longest wait for a connection.
            connect_timeout: Period = Period::seconds(5),
            /// Longest request, whole.
            request_timeout: Period = Period::seconds(30),
            /// How long a server may go on with a request whose client left.
            server_limit: Period = Period::seconds(60),
            /// Reads a second.
            read_rps: Rate = Rate(2.0),
            /// Writes a second.
            write_rps: Rate = Rate(1.0),
            /// Requests a minute; 0 = no limit.
            requests_per_minute: u32 = 0,
            /// Requests a day; 0 = no limit.
            requests_per_day: u32 = 0,
        }
        optional {
            /// Least wait before a write in doubt is sent again.
            quiet_period: Period,
            /// Rows a page; unset: what the adapter knows to work.
            page_size: u32,
        }
    }
}

section! {
    /// Limits of what may be changed without a person.
    Guard / GuardRaw {
        shipped {
            /// May anything be removed at all?
            removals: bool = false,
            /// Most removals, per cent of a side.
            removals_percent: Percent = Percent(1.0),
            /// Most removals.
            removals_max: u32 = 50,
            /// Most other changes, per cent of a side.
            changes_percent: Percent = Percent(5.0),
            /// Most other changes.
            changes_max: u32 = 500,
            /// Most removals in 24 hours, per side, over all sessions.
            daily_removals: u32 = 200,
            /// Most speed tests started in 24 hours: each fills a customer's line.
            speedtests_per_day: u32 = 20,
            /// No change in this time of day: the systems synchronise then.
            sync_window: Window = shipped_window(),
            /// Fleets smaller than this have nothing removed.
            small_fleet: u32 = 50,
            /// Least time between the two snapshots that must both lack a device.
            absence_gap: Period = Period::hours(6),
        }
        optional {}
        nested { interactive: InteractiveGuardRaw, }
    }
}

section! {
    /// The same limits with a person present; unset: the shipped interactive column.
    InteractiveGuard / InteractiveGuardRaw {
        shipped {}
        optional {
            /// As in [`Guard`].
            removals: bool,
            /// As in [`Guard`].
            removals_percent: Percent,
            /// As in [`Guard`].
            removals_max: u32,
            /// As in [`Guard`].
            changes_percent: Percent,
            /// As in [`Guard`].
            changes_max: u32,
            /// As in [`Guard`].
            daily_removals: u32,
            /// As in [`Guard`].
            sync_window: Window,
            /// As in [`Guard`].
            small_fleet: u32,
            /// As in [`Guard`].
            absence_gap: Period,
        }
    }
}

fn shipped_window() -> Window {
    use jiff::civil::time;
    Window { from: time(2, 0, 0, 0), to: time(6, 0, 0, 0) }
}

section! {
    /// What the causes are told about an ISP.
    Causes / CausesRaw {
        shipped {
            /// How long a deletion's webhook may take.
            webhook_grace: Period = Period::hours(2),
            /// How long a new device may take until it first calls home.
            first_contact_grace: Period = Period::days(7),
            /// Which fields of a matched pair are compared.
            drift: Vec<DriftField> =
                vec![DriftField::Login, DriftField::Mac, DriftField::Serial, DriftField::Model],
        }
        optional {
            /// The mass exclusion's criterion, days without contact.
            mass_exclusion_days: u32,
            /// Serials that identify nobody; unset: the shipped list.
            placeholder_serials: Vec<String>,
            /// Logins that identify nobody; unset: the shipped list.
            ignore_logins: Vec<String>,
            /// About how many devices the ISP has.
            expected_devices: u64,
        }
    }
}

section! {
    /// Where and how acerto remembers.
    StoreKeys / StoreRaw {
        shipped {
            /// One or several processes at a time.
            mode: StoreMode = StoreMode::Multi,
            /// Which personal data is kept.
            store_pii: StorePii = StorePii::Names,
            /// How long snapshots and findings are kept.
            keep_snapshots: Period = Period::days(30),
            /// How long everything else is kept.
            keep_history: Period = Period::days(400),
        }
        optional {
            /// The directory under which each profile has its own.
            dir: PathBuf,
            /// A Unix group that shares the store.
            group: String,
        }
    }
}

section! {
    /// What is logged to files, beside what goes to stderr.
    LogKeys / LogRaw {
        shipped {
            /// What is logged.
            level: LogLevel = LogLevel::Info,
            /// Where a file is this large the next one begins; so it does each day.
            max_size: Size = Size::megabytes(10),
            /// How many files stay; of all the newest.
            keep: Keep = Keep(30),
        }
        optional {
            /// The folder. Unset: `$LOGS_DIRECTORY`, else `logs` in the store.
            dir: PathBuf,
        }
    }
}

section! {
    /// The webhook receiver.
    Listen / ListenRaw {
        shipped {
            /// Where it listens.
            address: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8734)),
            /// The path it answers.
            path: String = "/webhook".to_owned(),
            /// How a sender proves itself.
            mode: ListenMode = ListenMode::SharedSecret,
            /// How far a sender's clock may be ahead; in mode "hmac", also behind.
            clock_tolerance: Period = Period::seconds(300),
            /// Mode "shared-secret": older events are stale.
            event_age: Period = Period::hours(24),
            /// Longest body, bytes.
            body_max: u32 = 256 * 1024,
            /// Connections at once.
            connections: u32 = 256,
            /// How often it is noted that it is up.
            heartbeat: Period = Period::seconds(60),
            /// Plain http to another machine, for `forward`.
            allow_http: bool = false,
            /// How long it is tried to pass a webhook on.
            forward_for: Period = Period::days(7),
            /// How many webhooks wait for that at most.
            forward_most: u32 = 100_000,
            /// Longest wait between two tries.
            forward_pause: Period = Period::seconds(60),
            /// When the daily run starts.
            schedule: Schedule = unattended::shipped_schedule(),
            /// By how much at most it starts later, so that many don't ask in one second.
            schedule_jitter: Period = Period::seconds(300),
            /// A run that takes longer is ended.
            schedule_limit: Period = Period::hours(2),
            /// May a summary go over plain http to another machine?
            notify_allow_http: bool = false,
        }
        optional {
            /// File of the secret.
            secret_file: PathBuf,
            /// Variable of the secret.
            secret_env: String,
            /// Addresses and networks that may send; unset: all.
            allow: Vec<String>,
            /// Reverse proxies whose `X-Forwarded-For` is believed.
            trusted_proxies: Vec<String>,
            /// Where a payload names the kind.
            kind_pointers: Vec<String>,
            /// Where it names the device.
            key_pointers: Vec<String>,
            /// Where it tells the time.
            time_pointers: Vec<String>,
            /// Where it has an id of its own.
            id_pointers: Vec<String>,
            /// Their word = our kind.
            kinds: BTreeMap<String, String>,
            /// Figures for Prometheus's textfile collector.
            metrics_file: PathBuf,
            /// Figures of each scheduled run, as `--metrics` writes them.
            schedule_metrics_file: PathBuf,
            /// Where every hook is passed on to.
            forward: String,
            /// Where a summary is posted to.
            notify_url: Hook,
            /// The file of that address, whose path is a password.
            notify_url_file: PathBuf,
            /// The variable of that address.
            notify_url_env: String,
            /// A command that gets the summary on its standard input.
            notify_command: OneOrMany,
        }
    }
}

section! {
    /// The screens.
    Ui / UiRaw {
        shipped {
            /// Are names masked?
            mask: bool = true,
        }
        optional {
            /// Language; unset: the system's.
            lang: UiLang,
            /// Colours.
            theme: String,
            /// Keys.
            keymap: String,
            /// Idle time after which revealed values are hidden again.
            lock_after: Period,
        }
    }
}

section! {
    /// One side's keys, of every kind; which kind takes which, `profile` says.
    SideKeys / SideRaw {
        shipped {}
        optional {
            /// Which adapter.
            kind: Kind,
            /// The file of a file side.
            path: PathBuf,
            /// Our column = the file's column.
            columns: BTreeMap<String, String>,
            /// Scheme and host.
            url: Address,
            /// A certificate authority of one's own.
            ca_file: PathBuf,
            /// Plain http to another machine.
            allow_http: bool,
            /// Our field = theirs.
            fields: BTreeMap<String, OneOrMany>,
            /// The API client, or the user's id.
            client_id: String,
            /// File of the client's secret.
            client_secret_file: PathBuf,
            /// Variable of the client's secret.
            client_secret_env: String,
            /// The user that a proxy asks for.
            username: String,
            /// File of that user's password.
            password_file: PathBuf,
            /// Variable of that user's password.
            password_env: String,
            /// File of the private key.
            private_key_file: PathBuf,
            /// Variable of the private key.
            private_key_env: String,
            /// How to log in.
            auth: Auth,
            /// Path of the token call.
            token_path: String,
            /// Path of the device list.
            devices_path: String,
            /// What the ACS's `status` means.
            status_means: StatusMeans,
            /// What devices load for a speed test: scheme, host and path.
            speedtest_url: String,
            /// How many bytes that file has.
            speedtest_bytes: u64,
            /// Where devices send bytes to for a speed test.
            speedtest_upload_url: String,
            /// How many bytes they send.
            speedtest_upload_bytes: u64,
            /// Calls that no vendor documents.
            calls: Calls,
            /// Which tables hold the devices.
            device_source: DeviceSource,
            /// How rows are updated, for all tables or by table.
            update: Update,
            /// How lists are paged.
            paging: Paging,
            /// Columns that the server keeps itself.
            server_columns: Vec<String>,
            /// Path that makes the Provider synchronise.
            synchronise_path: String,
            /// Most Mbit/s that a model can do.
            model_ceilings: BTreeMap<String, u32>,
            /// As in [`Net`], for this side.
            connect_timeout: Period,
            /// As in [`Net`], for this side.
            request_timeout: Period,
            /// As in [`Net`], for this side.
            server_limit: Period,
            /// As in [`Net`], for this side.
            quiet_period: Period,
            /// As in [`Net`], for this side.
            read_rps: Rate,
            /// As in [`Net`], for this side.
            write_rps: Rate,
            /// As in [`Net`], for this side.
            page_size: u32,
            /// As in [`Net`], for this side.
            requests_per_minute: u32,
            /// As in [`Net`], for this side.
            requests_per_day: u32,
        }
    }
}
