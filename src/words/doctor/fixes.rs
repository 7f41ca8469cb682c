//! What to do about what doctor's own checks found.
//!
//! Must not do: decide whether something has to be done.

use crate::app::doctor::{FileTrouble, TerminalTrouble, Told};
use crate::domain::Side;
use crate::words::{Voice, say, word};

/// What to do; the check is one that did not go well.
pub(super) fn fix(voice: &Voice, told: &Told) -> Option<String> {
    if let Told::FileMode { file, .. } = told {
        return Some(say!(voice, en: "run: chmod o-r {file}", pt: "execute: chmod o-r {file}"));
    }
    let text =
        of_machine(voice, told).or_else(|| of_memory(voice, told)).or_else(|| of_side(voice, told));
    text.map(str::to_owned)
}

fn of_machine(voice: &Voice, told: &Told) -> Option<&'static str> {
    Some(match told {
        Told::Zone { .. } => word!(voice,
            en: "set the zone that both systems' screens show, like timezone = \
                 \"America/Sao_Paulo\", in the profile",
            pt: "defina no perfil o fuso que as telas dos dois sistemas mostram, como timezone = \
                 \"America/Sao_Paulo\""),
        Told::Locale { .. } => word!(voice,
            en: "set a UTF-8 locale: export LANG=C.UTF-8 (or en_US.UTF-8, pt_BR.UTF-8)",
            pt: "defina um locale UTF-8: export LANG=pt_BR.UTF-8 (ou C.UTF-8)"),
        Told::Terminal { trouble: Some(TerminalTrouble::Small), .. } => word!(voice,
            en: "enlarge the window to 80 x 24 or more",
            pt: "aumente a janela para 80 x 24 ou mais"),
        Told::Terminal { .. } => word!(voice,
            en: "set TERM to what the terminal is (xterm-256color), or use --plain",
            pt: "defina TERM conforme o terminal (xterm-256color), ou use --plain"),
        Told::Proxy { .. } => word!(voice,
            en: "let this machine reach both systems without the proxy, or run acerto where it can",
            pt: "permita que esta máquina alcance os dois sistemas sem proxy, ou execute acerto \
                 onde isso é possível"),
        Told::StoreUnmakable { folder: false, .. } => word!(voice,
            en: "name another place: --store DIR, or [store] dir",
            pt: "indique outro lugar: --store DIR, ou [store] dir"),
        Told::StoreUnmakable { folder: true, .. } => word!(voice,
            en: "make it for this user, or name another place: --store DIR, or [store] dir",
            pt: "crie-o para este usuário, ou indique outro lugar: --store DIR, ou [store] dir"),
        Told::Log { .. } => word!(voice,
            en: "make it for this user, or name another place: [log] dir",
            pt: "crie-a para este usuário, ou indique outro lugar: [log] dir"),
        Told::Disk { network: Some(_), .. } => word!(voice,
            en: "keep the store on a disk of this machine: --store DIR, or [store] dir",
            pt: "guarde em um disco desta máquina: --store DIR, ou [store] dir"),
        Told::Disk { .. } => word!(voice,
            en: "make room: 1 GiB, or three times the store; acerto store compact gives room back",
            pt: "libere espaço: 1 GiB, ou três vezes o armazenamento; acerto store compact devolve \
                 espaço"),
        _ => return None,
    })
}

fn of_memory(voice: &Voice, told: &Told) -> Option<&'static str> {
    Some(match told {
        Told::Lock(_) => word!(voice,
            en: "wait for it to end: the lock goes with its process, and is never to be removed",
            pt: "aguarde o fim: a trava some com o processo, e nunca deve ser removida"),
        Told::Steps { needs_human: 1.., .. } => word!(voice,
            en: "look at each in the system, then: acerto resolve STEP done|redo|drop",
            pt: "confira cada um no sistema, depois: acerto resolve PASSO done|redo|drop"),
        Told::Steps { .. } => word!(voice,
            en: "run acerto --reconcile: it settles what was under way before it reads",
            pt: "execute acerto --reconcile: ele resolve o que estava em andamento antes de ler"),
        Told::Runs { stale: true, .. } => word!(voice,
            en: "look whether the timer runs (systemctl list-timers, crontab -l), and what its \
                 last run said",
            pt: "veja se o agendamento funciona (systemctl list-timers, crontab -l), e o que a \
                 última execução disse"),
        Told::Runs { .. } => word!(voice,
            en: "see what it said: acerto runs, and the exit codes in the README",
            pt: "veja o que ela disse: acerto runs, e os códigos de saída no README"),
        Told::Listener(_) => word!(voice,
            en: "start the listener again (acerto listen, or its service)",
            pt: "inicie o receptor de novo (acerto listen, ou o serviço)"),
        _ => return None,
    })
}

fn of_side(voice: &Voice, told: &Told) -> Option<&'static str> {
    Some(match told {
        Told::Expected { side: Side::Acs, .. } => word!(voice,
            en: "look whether this is the ACS in use and its user sees every device; else correct \
                 [causes] expected_devices",
            pt: "veja se este é o ACS em uso e se o usuário vê todos os equipamentos; senão \
                 corrija [causes] expected_devices"),
        Told::Expected { side: Side::Provider, .. } => word!(voice,
            en: "look whether this is the ERP in use and device_source fits; else correct \
                 [causes] expected_devices",
            pt: "veja se este é o ERP em uso e se device_source está certo; senão corrija \
                 [causes] expected_devices"),
        Told::Budget { spent: true, .. } => word!(voice,
            en: "try again tomorrow, or raise requests_per_day, if the server allows more",
            pt: "tente de novo amanhã, ou aumente requests_per_day, se o servidor permite"),
        Told::Budget { .. } => word!(voice,
            en: "raise requests_per_day if the server allows more, set page_size higher, or run \
                 less often",
            pt: "aumente requests_per_day se o servidor permite, aumente page_size, ou execute \
                 menos vezes"),
        Told::Secrets { .. } => word!(voice,
            en: "copy the secret again, character for character: acerto sends it as it is",
            pt: "copie o segredo de novo, caractere por caractere: acerto o envia como está"),
        Told::File { trouble: Some(FileTrouble::Lines(..)), .. } => word!(voice,
            en: "correct these lines, or export the list again: as it is, a run ends with exit \
                 code 6",
            pt: "corrija essas linhas, ou exporte a lista de novo: assim, uma execução termina com \
                 saída 6"),
        Told::File { .. } => word!(voice,
            en: "a run goes on with what it can read, and lists the rest",
            pt: "uma execução segue com o que consegue ler, e lista o resto"),
        _ => return None,
    })
}
