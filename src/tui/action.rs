//! Everything that a key, the palette or the help can do; a closed list with one name each.
//!
//! Must not do: anything; `update` does.

use crate::words::{Lang, Voice};

/// A closed list with wire names, one-line descriptions in both languages, and which of them can
/// change a system.
macro_rules! actions {
    ($($variant:ident => $wire:literal, en: $en:literal, pt: $pt:literal;)*) => {
        /// What can be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $en] $variant,)*
        }

        impl Action {
            /// All of them, as declared.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in a keymap.
            #[must_use]
            pub fn wire(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }

            /// The action of a name.
            #[must_use]
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$variant),)* _ => None }
            }

            /// What it does, for help and palette.
            #[must_use]
            pub fn describe(self, voice: &Voice) -> &'static str {
                match self {
                    $(Self::$variant => $crate::words::word!(voice, en: $en, pt: $pt),)*
                }
            }
        }
    };
}

actions! {
    Next => "row.next", en: "Next row", pt: "Próxima linha";
    Previous => "row.previous", en: "Previous row", pt: "Linha anterior";
    Top => "row.top", en: "First row", pt: "Primeira linha";
    Bottom => "row.bottom", en: "Last row", pt: "Última linha";
    HalfDown => "page.half-down", en: "Half a page down", pt: "Meia página abaixo";
    HalfUp => "page.half-up", en: "Half a page up", pt: "Meia página acima";
    PageDown => "page.down", en: "A page down", pt: "Uma página abaixo";
    PageUp => "page.up", en: "A page up", pt: "Uma página acima";
    PaneNext => "pane.next", en: "Next pane", pt: "Próximo painel";
    PanePrevious => "pane.previous", en: "Previous pane", pt: "Painel anterior";
    Open => "open", en: "Open", pt: "Abrir";
    Back => "back", en: "Back", pt: "Voltar";
    Quit => "app.quit", en: "Quit", pt: "Sair";
    Suspend => "app.suspend", en: "Suspend to the shell", pt: "Suspender para o shell";
    Redraw => "app.redraw", en: "Draw everything again", pt: "Redesenhar tudo";
    Unlock => "app.unlock", en: "Unlock, or lock again", pt: "Destravar, ou travar de novo";
    Help => "help.open", en: "Help", pt: "Ajuda";
    Palette => "palette.open", en: "Palette of all actions", pt: "Paleta de todas as ações";
    SearchOpen => "search.open", en: "Search for devices", pt: "Buscar dispositivos";
    SearchLive => "search.live", en: "Ask both systems", pt: "Perguntar aos dois sistemas";
    Log => "log.open", en: "Log", pt: "Registro";
    Mouse => "app.mouse", en: "Mouse on or off", pt: "Mouse sim ou não";
    Theme => "app.theme", en: "Next theme", pt: "Próximo tema";
    Language => "app.language", en: "Other language", pt: "Outro idioma";
    GoDashboard => "go.dashboard", en: "Dashboard", pt: "Painel";
    GoDiff => "go.diff", en: "Differences", pt: "Diferenças";
    GoPlan => "go.plan", en: "Plan", pt: "Plano";
    GoRuns => "go.runs", en: "Runs and audit", pt: "Execuções e auditoria";
    GoConnections => "go.connections", en: "Connections and doctor", pt: "Conexões e doutor";
    GoSettings => "go.settings", en: "Settings", pt: "Configuração";
    Collect => "collect", en: "Read both systems again", pt: "Ler os dois sistemas de novo";
    CopyRecord => "copy.record", en: "Copy this record", pt: "Copiar este registro";
    CopySummary => "copy.summary", en: "Copy the summary for a chat",
        pt: "Copiar o resumo para um chat";
    Filter => "filter.open", en: "Filter", pt: "Filtrar";
    FilterClear => "filter.clear", en: "No filter", pt: "Sem filtro";
    Mark => "mark.toggle", en: "Mark, and go down", pt: "Marcar e descer";
    MarkRange => "mark.range", en: "Mark a range", pt: "Marcar um intervalo";
    MarkAll => "mark.all", en: "Mark all of this filter", pt: "Marcar todos deste filtro";
    MarkClear => "mark.clear", en: "No marks", pt: "Sem marcas";
    GroupModel => "group.model", en: "Group by model", pt: "Agrupar por modelo";
    GroupFirmware => "group.firmware", en: "Group by firmware", pt: "Agrupar por firmware";
    GroupOlt => "group.olt", en: "Group by OLT", pt: "Agrupar por OLT";
    GroupNext => "group.next", en: "Group by the next column", pt: "Agrupar pela próxima coluna";
    GroupNone => "group.none", en: "Not grouped", pt: "Sem agrupar";
    ViewSave => "view.save", en: "Save filter and grouping as a view",
        pt: "Guardar filtro e agrupamento";
    ViewNext => "view.next", en: "Next saved view", pt: "Próxima vista guardada";
    Stage => "plan.add", en: "Add the fix to the plan; sends nothing",
        pt: "Pôr a correção no plano; não envia nada";
    Unstage => "plan.undo", en: "Take back what was staged last", pt: "Desfazer o último acréscimo";
    DifferenceNext => "difference.next", en: "Next difference", pt: "Próxima diferença";
    DifferencePrevious => "difference.previous", en: "Previous difference",
        pt: "Diferença anterior";
    EqualFields => "fields.equal", en: "Show equal fields, or not",
        pt: "Mostrar campos iguais, ou não";
    Reveal => "reveal", en: "Show personal data (is noted)",
        pt: "Mostrar dados pessoais (fica anotado)";
    Candidate => "candidate.next", en: "Choose another login", pt: "Escolher outro login";
    Ignore => "ignore", en: "Leave it alone, with a reason", pt: "Deixar como está, com um motivo";
    SpeedTest => "speedtest.start", en: "Start a speed test, or stop waiting for it",
        pt: "Iniciar um teste de velocidade, ou parar de esperar";
    AddNote => "note.add", en: "Add a note", pt: "Acrescentar uma nota";
    PlanToggle => "plan.toggle", en: "Take this step, or not", pt: "Levar este passo, ou não";
    PlanDrop => "plan.drop", en: "Drop it from the plan", pt: "Tirar do plano";
    DryRun => "plan.dry-run", en: "Dry run: read again, send nothing",
        pt: "Ensaio: ler de novo, não enviar nada";
    Apply => "plan.apply", en: "Apply the plan", pt: "Aplicar o plano";
    Export => "plan.export", en: "Write the plan to a file", pt: "Gravar o plano em arquivo";
    StopRun => "run.stop", en: "Stop after this call", pt: "Parar depois desta chamada";
    Background => "run.background", en: "Go on in the background", pt: "Continuar em segundo plano";
    Compare => "runs.compare", en: "Compare with another run", pt: "Comparar com outra execução";
    UndoRun => "run.undo", en: "Undo this run, as a new plan",
        pt: "Desfazer esta execução, como plano novo";
    Doctor => "doctor.run", en: "Check the connections", pt: "Verificar as conexões";
    Confirm => "confirm.accept", en: "Yes, do it", pt: "Sim, fazer";
}

impl Action {
    /// Can it make either system change, at once or by what follows it?
    #[must_use]
    pub fn is_danger(self) -> bool {
        matches!(self, Self::Apply | Self::Confirm | Self::SpeedTest)
    }

    /// Does it change a system, the store, a file, or what is shown of persons; or does it close
    /// or begin something? An arrow that is torn apart must do none of it.
    #[must_use]
    pub fn changes_state(self) -> bool {
        use Action as A;
        self.is_danger()
            || matches!(
                self,
                A::Quit | A::Suspend | A::Unlock | A::Collect | A::ViewSave | A::Stage | A::Unstage
            )
            || matches!(self, A::Reveal | A::Candidate | A::Ignore | A::AddNote | A::PlanToggle)
            || matches!(self, A::PlanDrop | A::DryRun | A::Export | A::StopRun | A::UndoRun)
            || matches!(self, A::Mark | A::MarkRange | A::MarkAll | A::MarkClear | A::Doctor)
    }
}

impl Action {
    /// So many rows it moves a cursor in a list that shows `height` of them, down or up.
    #[must_use]
    pub fn rows(self, height: usize) -> Option<isize> {
        let page = isize::try_from(height).unwrap_or(isize::MAX).max(2);
        let moves = [
            (Self::Next, 1),
            (Self::Previous, -1),
            (Self::HalfDown, page / 2),
            (Self::HalfUp, -(page / 2)),
            (Self::PageDown, page),
            (Self::PageUp, -page),
            (Self::Top, isize::MIN),
            (Self::Bottom, isize::MAX),
        ];
        moves.into_iter().find(|(action, _)| *action == self).map(|(_, by)| by)
    }
}

/// Words of the footer, where there is room for one or two.
const SHORT: &[(Action, &str, &str)] = &[
    (Action::Open, "open", "abrir"),
    (Action::Back, "back", "voltar"),
    (Action::Quit, "quit", "sair"),
    (Action::Help, "help", "ajuda"),
    (Action::Palette, "palette", "paleta"),
    (Action::Collect, "refresh", "atualizar"),
    (Action::SearchOpen, "search", "buscar"),
    (Action::SearchLive, "live", "ao vivo"),
    (Action::Filter, "filter", "filtrar"),
    (Action::Mark, "mark", "marcar"),
    (Action::MarkRange, "range", "intervalo"),
    (Action::MarkAll, "all", "todos"),
    (Action::PaneNext, "pane", "painel"),
    (Action::Stage, "plan", "planejar"),
    (Action::Unstage, "undo", "desfazer"),
    (Action::CopyRecord, "copy", "copiar"),
    (Action::CopySummary, "copy summary", "copiar resumo"),
    (Action::ViewSave, "save view", "guardar"),
    (Action::DifferenceNext, "next", "próxima"),
    (Action::EqualFields, "equal fields", "iguais"),
    (Action::Reveal, "unmask", "mostrar"),
    (Action::Candidate, "other login", "outro login"),
    (Action::Ignore, "ignore", "ignorar"),
    (Action::AddNote, "note", "nota"),
    (Action::SpeedTest, "speed test", "velocidade"),
    (Action::PlanToggle, "take", "levar"),
    (Action::PlanDrop, "drop", "tirar"),
    (Action::DryRun, "dry run", "ensaio"),
    (Action::Apply, "apply", "aplicar"),
    (Action::Export, "export", "exportar"),
    (Action::StopRun, "stop", "parar"),
    (Action::Background, "background", "segundo plano"),
    (Action::UndoRun, "undo run", "desfazer"),
    (Action::Compare, "compare", "comparar"),
    (Action::Doctor, "check", "verificar"),
    (Action::Unlock, "unlock", "destravar"),
    (Action::Confirm, "yes", "sim"),
];

impl Action {
    /// A word or two for the footer.
    #[must_use]
    pub fn short(self, voice: &Voice) -> &'static str {
        match SHORT.iter().find(|(action, ..)| *action == self) {
            Some((_, en, pt)) => match voice.lang {
                Lang::En => en,
                Lang::PtBr => pt,
            },
            None => self.describe(voice),
        }
    }
}
