//! What a typed line asks for, in both languages.
//!
//! Must not do: act, or know what is on screen.

use crate::tui::action::Action;
use crate::tui::model::Screen;
use crate::words::{Lang, Voice};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// An empty line: where am I?
    Again,
    /// What can be typed.
    Help,
    /// Totals and causes.
    Show(Screen),
    /// The causes alone.
    Causes,
    /// The list: as it is, of all causes, or of one.
    List(Option<Which>),
    /// The next rows.
    More,
    /// A number alone: what it means depends on what was told last.
    Number(usize),
    /// The difference of a row.
    Open(usize),
    /// Evidence, candidates, fixes, history of the open difference.
    Evidence,
    /// Its other fields.
    Fields,
    /// Marks a row, or all.
    Mark(Which),
    /// Takes a mark away, or all.
    Unmark(Which),
    /// Filters the list; nothing: no filter.
    Filter(String),
    /// Puts fixes into the plan: of a row, of the marks, of the open difference.
    Stage(Option<usize>),
    /// One step of the plan, exactly.
    Step(usize),
    /// Something about a row of the plan.
    OfStep(Action, usize),
    /// Locks or unlocks.
    Lock(bool),
    /// Undoes a run, or the one that was applied last.
    Undo(Option<usize>),
    /// Searches for devices.
    Search(String),
    /// The difference of a device that was found.
    Found(usize),
    /// An action that asks for a line of text.
    Write(Action, String),
    /// An action without more.
    Act(Action),
    /// The end.
    Quit,
}

/// One, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this number, from 1.
    One(usize),
    /// All.
    All,
}

/// What is done with the rest of a line.
#[derive(Clone, Copy)]
enum Takes {
    Nothing(fn() -> Command),
    Screen(Screen),
    Action(Action),
    Number(fn(usize) -> Command),
    MayNumber(fn(Option<usize>) -> Command),
    Which(fn(Which) -> Command),
    MayWhich(fn(Option<Which>) -> Command),
    Text(Action),
    Step(Action),
    Filter,
    Search,
}

/// A command with its words: the first of each language is the one that help tells.
struct Known {
    en: &'static [&'static str],
    pt: &'static [&'static str],
    takes: Takes,
    help_en: &'static str,
    help_pt: &'static str,
}

/// A row of the table.
macro_rules! known {
    ($([$($en:literal),*] [$($pt:literal),*]
        $takes:expr, $help_en:literal, $help_pt:literal;)*) => {
        &[$(Known {
            en: &[$($en),*], pt: &[$($pt),*], takes: $takes, help_en: $help_en, help_pt: $help_pt,
        }),*]
    };
}

const KNOWN: &[Known] = known! {
    ["summary", "home"] ["resumo"] Takes::Screen(Screen::Dashboard),
        "totals and causes", "totais e causas";
    ["causes"] ["causas"] Takes::Nothing(|| Command::Causes),
        "the causes alone", "só as causas";
    ["list"] ["lista", "listar"] Takes::MayWhich(Command::List),
        "list NUMBER: the differences of a cause; list all: of every cause",
        "lista NÚMERO: as diferenças de uma causa; lista tudo: de todas";
    ["more"] ["mais"] Takes::Nothing(|| Command::More),
        "the next 10 rows", "as próximas 10 linhas";
    ["open"] ["abrir"] Takes::Number(Command::Open),
        "open NUMBER: one difference, field by field",
        "abrir NÚMERO: uma diferença, campo a campo";
    ["next"] ["próxima", "proxima"] Takes::Action(Action::Next),
        "the next difference", "a próxima diferença";
    ["previous"] ["anterior"] Takes::Action(Action::Previous),
        "the difference before", "a diferença anterior";
    ["evidence", "why"] ["evidência", "evidencia"] Takes::Nothing(|| Command::Evidence),
        "evidence, candidates, fixes and history", "evidência, candidatos, correções e histórico";
    ["fields"] ["campos"] Takes::Nothing(|| Command::Fields),
        "the other fields", "os outros campos";
    ["login"] ["login"] Takes::Action(Action::Candidate),
        "choose another login for the fix", "escolher outro login para a correção";
    ["reveal"] ["mostrar"] Takes::Action(Action::Reveal),
        "show personal data; it is noted", "mostrar dados pessoais; fica anotado";
    ["speedtest"] ["velocidade"] Takes::Action(Action::SpeedTest),
        "start a speed test of this device; asks first",
        "iniciar um teste de velocidade deste equipamento; pergunta antes";
    ["back"] ["voltar"] Takes::Action(Action::Back), "one level up", "um nível acima";
    ["mark"] ["marcar"] Takes::Which(Command::Mark),
        "mark NUMBER, or mark all", "marcar NÚMERO, ou marcar tudo";
    ["unmark"] ["desmarcar"] Takes::Which(Command::Unmark),
        "unmark NUMBER, or unmark all", "desmarcar NÚMERO, ou desmarcar tudo";
    ["filter"] ["filtro", "filtrar"] Takes::Filter,
        "filter WORDS; filter alone: no filter", "filtro PALAVRAS; filtro sozinho: sem filtro";
    ["note"] ["nota"] Takes::Text(Action::AddNote),
        "note TEXT: about this device", "nota TEXTO: sobre este equipamento";
    ["ignore"] ["ignorar"] Takes::Text(Action::Ignore),
        "ignore REASON: leave this device alone", "ignorar MOTIVO: deixar como está";
    ["stage"] ["planejar"] Takes::MayNumber(Command::Stage),
        "put the fix into the plan; sends nothing", "pôr a correção no plano; não envia nada";
    ["unstage"] ["tirar"] Takes::Action(Action::Unstage),
        "take back what was staged last", "desfazer o último acréscimo";
    ["plan"] ["plano"] Takes::Screen(Screen::Plan),
        "the plan, each call", "o plano, cada chamada";
    ["step"] ["passo"] Takes::Number(Command::Step),
        "step NUMBER: all about a step", "passo NÚMERO: tudo sobre um passo";
    ["toggle"] ["alternar"] Takes::Step(Action::PlanToggle),
        "toggle NUMBER: leave a step out, or take it",
        "alternar NÚMERO: deixar um passo fora, ou levar";
    ["drop"] ["descartar"] Takes::Step(Action::PlanDrop),
        "drop NUMBER: drop it from the plan", "descartar NÚMERO: tirar do plano";
    ["dry", "dry-run"] ["ensaio"] Takes::Action(Action::DryRun),
        "dry run: ask the guards, send nothing", "ensaio: consultar as travas, não enviar nada";
    ["export"] ["exportar"] Takes::Text(Action::Export),
        "export FILE: write the plan", "exportar ARQUIVO: gravar o plano";
    ["unlock"] ["destravar"] Takes::Nothing(|| Command::Lock(false)),
        "allow sending", "permitir o envio";
    ["lock"] ["travar"] Takes::Nothing(|| Command::Lock(true)),
        "forbid sending again", "proibir o envio de novo";
    ["apply"] ["aplicar"] Takes::Action(Action::Apply),
        "send the plan; asks first", "enviar o plano; pergunta antes";
    ["stop"] ["parar"] Takes::Action(Action::StopRun),
        "stop sending after this call", "parar o envio depois desta chamada";
    ["undo"] ["desfazer"] Takes::MayNumber(Command::Undo),
        "undo NUMBER: plan what undoes a run; undo: the last one",
        "desfazer NÚMERO: planejar a volta de uma execução; desfazer: a última";
    ["runs"] ["execuções", "execucoes"] Takes::Screen(Screen::Runs),
        "what was done; a number tells its steps", "o que foi feito; um número diz os passos";
    ["compare"] ["comparar"] Takes::Text(Action::Compare),
        "compare NUMBER: with so many runs before", "comparar NÚMERO: com tantas execuções antes";
    ["doctor", "connections"] ["doutor", "conexões", "conexoes"]
        Takes::Screen(Screen::Connections),
        "the connections, and what to do", "as conexões, e o que fazer";
    ["check"] ["verificar"] Takes::Action(Action::Doctor),
        "check the connections again", "verificar as conexões de novo";
    ["settings"] ["configuração", "configuracao", "ajustes"] Takes::Screen(Screen::Settings),
        "every setting, and where it comes from", "cada ajuste, e de onde vem";
    ["refresh"] ["atualizar"] Takes::Action(Action::Collect),
        "read both systems again", "ler os dois sistemas de novo";
    ["search"] ["buscar"] Takes::Search,
        "search WORDS: devices by name, document, phone, login, serial, MAC, contract",
        "buscar PALAVRAS: equipamentos por nome, documento, telefone, login, serial, MAC, contrato";
    ["found"] ["achado"] Takes::Number(Command::Found),
        "found NUMBER: the difference of a device that was found",
        "achado NÚMERO: a diferença de um equipamento achado";
    ["log"] ["registro"] Takes::Action(Action::Log), "what happened", "o que aconteceu";
    ["language"] ["idioma"] Takes::Action(Action::Language), "português", "English";
    ["help", "?"] ["ajuda"] Takes::Nothing(|| Command::Help), "this list", "esta lista";
    ["quit", "q", "exit"] ["sair"] Takes::Nothing(|| Command::Quit), "the end", "o fim";
};

/// What can be typed, a command a line.
pub fn help(voice: &Voice) -> Vec<String> {
    let line = |known: &Known| match voice.lang {
        Lang::En => format!("{}: {}", known.en[0], known.help_en),
        Lang::PtBr => format!("{}: {}", known.pt[0], known.help_pt),
    };
    KNOWN.iter().map(line).collect()
}

/// Reads a line; `None` where it is no command, or lacks what it needs.
pub fn parse(line: &str) -> Option<Command> {
    let line = line.trim();
    if line.is_empty() {
        return Some(Command::Again);
    }
    if let Ok(number) = line.parse() {
        return Some(Command::Number(number));
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    let known = KNOWN.iter().find(|known| known.en.iter().chain(known.pt).any(|w| *w == word))?;
    taken(known.takes, rest)
}

fn taken(takes: Takes, rest: &str) -> Option<Command> {
    let number = || rest.parse::<usize>().ok();
    Some(match takes {
        Takes::Nothing(command) => command(),
        Takes::Screen(screen) => Command::Show(screen),
        Takes::Action(action) => Command::Act(action),
        Takes::Number(command) => command(number()?),
        Takes::MayNumber(command) if rest.is_empty() => command(None),
        Takes::MayNumber(command) => command(Some(number()?)),
        Takes::MayWhich(command) if rest.is_empty() => command(None),
        Takes::MayWhich(command) => command(Some(which(rest)?)),
        Takes::Which(command) => command(which(rest)?),
        Takes::Text(action) => Command::Write(action, rest.to_owned()),
        Takes::Step(action) => Command::OfStep(action, number()?),
        Takes::Filter => Command::Filter(rest.to_owned()),
        Takes::Search if rest.is_empty() => return None,
        Takes::Search => Command::Search(rest.to_owned()),
    })
}

fn which(text: &str) -> Option<Which> {
    match text.to_lowercase().as_str() {
        "all" | "tudo" | "todas" | "todos" => Some(Which::All),
        number => number.parse().ok().map(Which::One),
    }
}

/// Is the question answered with yes?
pub fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "yes" | "sim")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_means_one_thing() {
        for (at, known) in KNOWN.iter().enumerate() {
            for word in known.en.iter().chain(known.pt) {
                let meant = |k: &Known| k.en.iter().chain(k.pt).any(|other| other == word);
                assert_eq!(KNOWN.iter().position(meant), Some(at), "{word}");
            }
        }
    }

    #[test]
    fn a_line_is_read_in_both_languages_and_asks_for_its_number() {
        let list = Some(Command::List(Some(Which::One(2))));
        assert_eq!((parse(" list 2 "), parse("Lista 2")), (list.clone(), list));
        assert_eq!(parse("marcar tudo"), Some(Command::Mark(Which::All)));
        assert_eq!(parse("undo"), Some(Command::Undo(None)));
        assert_eq!(parse("filter model:x y"), Some(Command::Filter("model:x y".to_owned())));
        for line in ["open", "open x", "mark", "list some", "undo all", "-1", "drop"] {
            assert_eq!(parse(line), None, "{line}");
        }
        assert!(is_yes(" Yes") && is_yes("sim") && !is_yes("y") && !is_yes(""));
    }
}
