//! What `doctor` found, and what to do about it.
//!
//! Must not do: check anything, or translate the words of an error: those are English, and what
//! to do about them stands in [`advice`] in the reader's language.

mod advice;
mod fixes;

use crate::app::doctor::{FileTrouble, LockTold, TerminalTrouble, Told, Unchecked};
use crate::app::{Examined, Outcome};
use crate::domain::Side;
use crate::words::{Voice, say, word};

/// Above the checks.
#[must_use]
pub fn doctor_heading(voice: &Voice) -> &'static str {
    word!(voice, en: "Checks of the set-up", pt: "Verificações da instalação")
}

/// Below them: what it comes to.
#[must_use]
pub fn doctor_summary(voice: &Voice, failed: usize, warned: usize) -> String {
    if failed == 0 && warned == 0 {
        return word!(voice, en: "All is well", pt: "Tudo certo").to_owned();
    }
    say!(voice,
        en: "Checks that failed: {failed}; that deserve a look: {warned}",
        pt: "Verificações com falha: {failed}; que merecem atenção: {warned}")
}

/// What a check found.
#[must_use]
pub fn check_text(voice: &Voice, check: &Examined) -> String {
    match &check.told {
        Told::Said { text, .. } => advice::well(voice, check).unwrap_or(text.as_str()).to_owned(),
        Told::Not(why) => unchecked(voice, *why),
        Told::Loads { .. } | Told::FileMode { .. } | Told::Zone { .. } => settings(voice, check),
        Told::Locale { .. } | Told::Terminal { .. } | Told::Proxy { .. } => machine(voice, check),
        Told::StoreWhole { .. }
        | Told::StoreAbsent { .. }
        | Told::StoreUnmakable { .. }
        | Told::Log { .. }
        | Told::Disk { .. } => place(voice, &check.told),
        Told::Lock(_) | Told::Steps { .. } | Told::Runs { .. } | Told::Listener(_) => {
            past(voice, &check.told)
        }
        Told::Expected { .. } | Told::Budget { .. } | Told::Secrets { .. } | Told::File { .. } => {
            side(voice, &check.told)
        }
    }
}

/// What to do about a check; nothing where all is well.
#[must_use]
pub fn check_fix(voice: &Voice, check: &Examined) -> Option<String> {
    if let Told::Said { fix, .. } = &check.told {
        let advice = advice::fix(voice, check).map(str::to_owned);
        return advice.or_else(|| fix.clone());
    }
    match check.outcome {
        Outcome::Ok | Outcome::Skip => None,
        Outcome::Warn | Outcome::Fail(_) => fixes::fix(voice, &check.told),
    }
}

fn unchecked(voice: &Voice, why: Unchecked) -> String {
    let text = match why {
        Unchecked::Configuration => word!(voice,
            en: "not checked: the configuration can't be used",
            pt: "não verificado: a configuração não pode ser usada"),
        Unchecked::Side(Side::Acs) => word!(voice,
            en: "no configuration names the ACS", pt: "nenhuma configuração define o ACS"),
        Unchecked::Side(Side::Provider) => word!(voice,
            en: "no configuration names the Provider",
            pt: "nenhuma configuração define o Provedor"),
        Unchecked::Secret => word!(voice,
            en: "nothing was asked: a secret can't be used",
            pt: "nada foi consultado: um segredo não pode ser usado"),
        Unchecked::NoSecret => word!(voice,
            en: "no secret is set for this side", pt: "nenhum segredo definido para este lado"),
        Unchecked::Budget => word!(voice,
            en: "nothing was asked: too few of the day's requests are left",
            pt: "nada foi consultado: restam poucas requisições do dia"),
        Unchecked::NoRun => word!(voice,
            en: "nothing is remembered yet: there was no run",
            pt: "nada guardado ainda: nenhuma execução"),
        Unchecked::Store => word!(voice,
            en: "not checked: the store can't be read",
            pt: "não verificado: o armazenamento não pode ser lido"),
        Unchecked::Terminal => word!(voice,
            en: "not checked: the output is no terminal",
            pt: "não verificado: a saída não é um terminal"),
        Unchecked::Off(key) => {
            return say!(voice,
                en: "{key} is \"off\": nothing is written",
                pt: "{key} está \"off\": nada é escrito");
        }
        Unchecked::Unset(key) => {
            return say!(voice, en: "{key} is not set", pt: "{key} não está definido");
        }
    };
    text.to_owned()
}

fn settings(voice: &Voice, check: &Examined) -> String {
    match &check.told {
        Told::Loads { file: Some(file), profile } => say!(voice,
            en: "{file} loads; profile `{profile}`", pt: "{file} carrega; perfil `{profile}`"),
        Told::Loads { file: None, profile } => say!(voice,
            en: "no configuration file; profile `{profile}`",
            pt: "sem arquivo de configuração; perfil `{profile}`"),
        Told::FileMode { file, wide: Some(mode) } => say!(voice,
            en: "{file}: everybody on this machine may read it (mode {mode:04o})",
            pt: "{file}: todos nesta máquina podem ler (modo {mode:04o})"),
        Told::FileMode { file, wide: None } => say!(voice,
            en: "{file}: not everybody may read it", pt: "{file}: nem todos podem ler"),
        Told::Zone { zone, there, nobodys } => timezone(voice, zone.as_deref(), there, *nobodys),
        _ => String::new(),
    }
}

fn timezone(voice: &Voice, zone: Option<&str>, there: &str, nobodys: bool) -> String {
    let machine = word!(voice, en: "this machine's zone", pt: "fuso desta máquina");
    let zone = zone.unwrap_or(machine);
    let text = say!(voice,
        en: "times without a zone are read in {zone}; there it is {there}",
        pt: "horários sem fuso são lidos em {zone}; lá são {there}");
    if !nobodys {
        return text;
    }
    say!(voice,
        en: "no timezone is set, and this machine has none: {text}",
        pt: "timezone não está definido, e esta máquina não tem: {text}")
}

fn machine(voice: &Voice, check: &Examined) -> String {
    match &check.told {
        Told::Locale { name: None, .. } => word!(voice,
            en: "no locale is set", pt: "nenhum locale definido")
        .to_owned(),
        Told::Locale { name: Some(name), utf8: true } => say!(voice,
            en: "{name}: UTF-8", pt: "{name}: UTF-8"),
        Told::Locale { name: Some(name), utf8: false } => say!(voice,
            en: "the locale {name} has no UTF-8: accents and lines may be shown wrong",
            pt: "o locale {name} não tem UTF-8: acentos e linhas podem sair errados"),
        Told::Terminal { columns, rows, term, trouble } => {
            let term = term.as_deref().unwrap_or("-");
            let size = say!(voice,
                en: "{columns} x {rows}, TERM {term}", pt: "{columns} x {rows}, TERM {term}");
            match trouble {
                None => size,
                Some(TerminalTrouble::Small) => say!(voice,
                    en: "{size}: smaller than 80 x 24, screens are cut",
                    pt: "{size}: menor que 80 x 24, as telas são cortadas"),
                Some(TerminalTrouble::Dumb) => say!(voice,
                    en: "{size}: no screens and no colours can be drawn",
                    pt: "{size}: sem telas nem cores"),
            }
        }
        Told::Proxy { names, .. } if names.is_empty() => word!(voice,
            en: "the environment names no proxy", pt: "o ambiente não define proxy")
        .to_owned(),
        Told::Proxy { names, unreached } => proxy(voice, &names.join(", "), *unreached),
        _ => String::new(),
    }
}

fn proxy(voice: &Voice, names: &str, unreached: bool) -> String {
    let text = say!(voice,
        en: "{names} is set and not used: acerto asks both systems directly",
        pt: "{names} está definido e não é usado: acerto consulta os dois sistemas diretamente");
    if !unreached {
        return text;
    }
    say!(voice,
        en: "{text}; one of them was not reached",
        pt: "{text}; um deles não foi alcançado")
}

fn place(voice: &Voice, told: &Told) -> String {
    match told {
        Told::StoreWhole { place, runs } => say!(voice,
            en: "{place} is whole and can be written; runs: {runs}",
            pt: "{place} está íntegro e pode ser escrito; execuções: {runs}"),
        Told::StoreAbsent { place } => say!(voice,
            en: "nothing is remembered yet; the first run makes {place}",
            pt: "nada guardado ainda; a primeira execução cria {place}"),
        Told::StoreUnmakable { place, above, folder: false } => say!(voice,
            en: "no store can be made at {place}: {above} is not a directory",
            pt: "não dá para criar {place}: {above} não é um diretório"),
        Told::StoreUnmakable { place, above, folder: true } => say!(voice,
            en: "no store can be made at {place}: this user can't write in {above}",
            pt: "não dá para criar {place}: este usuário não pode escrever em {above}"),
        Told::Log { place, most, closed: None } => say!(voice,
            en: "logs of mode 0600 go to {place}: at most {most}",
            pt: "registros de modo 0600 vão para {place}: no máximo {most}"),
        Told::Log { place, closed: Some(above), .. } => say!(voice,
            en: "no log can be written to {place}: this user can't write in {above}",
            pt: "nada pode ser registrado em {place}: este usuário não pode escrever em {above}"),
        Told::Disk { place, free, store, network } => {
            let (free, store) = (mebibytes(voice, *free), mebibytes(voice, *store));
            let text = say!(voice,
                en: "{place}: {free} MiB free, the store has {store} MiB",
                pt: "{place}: {free} MiB livres, o armazenamento ocupa {store} MiB");
            match network {
                None => text,
                Some(name) => say!(voice,
                    en: "{text}; on {name}, over the network",
                    pt: "{text}; em {name}, pela rede"),
            }
        }
        _ => String::new(),
    }
}

fn mebibytes(voice: &Voice, bytes: u64) -> String {
    voice.number(bytes >> 20)
}

fn past(voice: &Voice, told: &Told) -> String {
    match told {
        Told::Lock(None) => word!(voice,
            en: "nobody applies now", pt: "ninguém aplica agora")
        .to_owned(),
        Told::Lock(Some(LockTold { holder: None })) => word!(voice,
            en: "somebody applies now", pt: "alguém aplica agora")
        .to_owned(),
        Told::Lock(Some(LockTold { holder: Some((user, pid, since)) })) => {
            let since = voice.time(*since);
            say!(voice,
                en: "{user} applies now: process {pid}, since {since}",
                pt: "{user} aplica agora: processo {pid}, desde {since}")
        }
        Told::Steps { in_doubt: 0, needs_human: 0, others: 0 } => word!(voice,
            en: "every step of the journal has ended",
            pt: "todos os passos do diário terminaram")
        .to_owned(),
        Told::Steps { in_doubt, needs_human, others } => say!(voice,
            en: "steps that have not ended: {in_doubt} in doubt, {needs_human} for a person, \
                 {others} under way",
            pt: "passos sem fim: {in_doubt} em dúvida, {needs_human} para uma pessoa, \
                 {others} em andamento"),
        Told::Runs { newest: (at, exit), complete, stale } => {
            runs(voice, (*at, *exit), *complete, *stale)
        }
        Told::Listener(None) => word!(voice,
            en: "[listen] is set, and nobody has listened for webhooks yet",
            pt: "[listen] está definido, e ninguém escutou webhooks ainda")
        .to_owned(),
        Told::Listener(Some(until)) => {
            let until = voice.time(*until);
            say!(voice,
                en: "webhooks were listened for until {until}",
                pt: "webhooks foram escutados até {until}")
        }
        _ => String::new(),
    }
}

fn runs(
    voice: &Voice,
    (at, exit): (jiff::Timestamp, u8),
    complete: Option<jiff::Timestamp>,
    stale: bool,
) -> String {
    let at = voice.time(at);
    let text = say!(voice,
        en: "the last run was on {at}, exit {exit}",
        pt: "a última execução foi em {at}, saída {exit}");
    match complete {
        _ if !stale => text,
        None => say!(voice,
            en: "{text}; none has read both sides whole",
            pt: "{text}; nenhuma leu os dois lados por inteiro"),
        Some(complete) => {
            let complete = voice.time(complete);
            say!(voice,
                en: "{text}; the last one that read both sides whole is of {complete}",
                pt: "{text}; a última que leu os dois lados por inteiro é de {complete}")
        }
    }
}

fn side(voice: &Voice, told: &Told) -> String {
    match told {
        Told::Expected { counted, expected, .. } => {
            let (counted, expected) = (voice.number(*counted), voice.number(*expected));
            say!(voice,
                en: "the last run counted {counted} devices; expected are about {expected}",
                pt: "a última execução contou {counted} equipamentos; o esperado é {expected}")
        }
        Told::Budget { used, limit, .. } => {
            let (used, limit) = (voice.number(*used), voice.number(*limit));
            say!(voice,
                en: "{used} of {limit} requests of a day are used",
                pt: "{used} de {limit} requisições por dia usadas")
        }
        Told::Secrets { keys, odd } => {
            let keys = keys.join(", ");
            match odd {
                None => say!(voice,
                    en: "readable, without white space at the ends: {keys}",
                    pt: "legíveis, sem espaço nas pontas: {keys}"),
                Some((key, name, at)) => say!(voice,
                    en: "{key} holds an invisible character: {name} (character {at})",
                    pt: "{key} contém um caractere invisível: {name} (caractere {at})"),
            }
        }
        Told::File { side, path, rows, at, trouble } => {
            file(voice, (*side, path.as_str(), *rows), *at, trouble.as_ref())
        }
        _ => String::new(),
    }
}

fn file(
    voice: &Voice,
    (side, path, rows): (Side, &str, u64),
    at: jiff::Timestamp,
    trouble: Option<&FileTrouble>,
) -> String {
    let rows = voice.number(rows);
    let holds = match side {
        Side::Acs => say!(voice,
            en: "{path} holds {rows} devices", pt: "{path} contém {rows} equipamentos"),
        Side::Provider => say!(voice,
            en: "{path} holds {rows} rows", pt: "{path} contém {rows} linhas"),
    };
    let at = voice.time(at);
    let text = say!(voice, en: "{holds}, as of {at}", pt: "{holds}, de {at}");
    match trouble {
        None => text,
        Some(FileTrouble::Lines(n, first)) => {
            let first = first.as_deref().unwrap_or("?");
            say!(voice,
                en: "{text}, but {n} lines can't be read; the first: {first}",
                pt: "{text}, mas {n} linhas não podem ser lidas; a primeira: {first}")
        }
        Some(FileTrouble::Values(what)) => say!(voice,
            en: "{text}; to know of it: {what}", pt: "{text}; a saber: {what}"),
    }
}

#[cfg(test)]
mod tests;
