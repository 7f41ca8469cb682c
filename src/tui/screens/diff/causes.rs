//! The pane on the left: all, each cause with its count, and the saved views below.
//!
//! Must not do: count. Counts are made when a run comes.

use crate::app::views::SavedView;
use crate::engine::Cause;
use crate::tui::effect::{Effect, Job};
use crate::tui::filter::Column;
use crate::tui::model::Model;
use crate::words::{labels, plural, word};

use super::{Pane, layout};

labels! {
    /// A word or two for a narrow pane.
    short(Cause) {
        Duplicate => { en: "duplicate", pt: "duplicado" }
        IdentityMismatch => { en: "miswritten", pt: "divergente" }
        SwappedDevice => { en: "swapped", pt: "trocado" }
        InactiveLogin => { en: "inactive", pt: "inativo" }
        Returned => { en: "returned", pt: "voltou" }
        AwaitingSync => { en: "not sent", pt: "não enviado" }
        UnlinkedLogin => { en: "not linked", pt: "sem vínculo" }
        LostWebhook => { en: "no webhook", pt: "sem webhook" }
        PendingPurge => { en: "purge due", pt: "a limpar" }
        NeverSeen => { en: "never seen", pt: "nunca visto" }
        RemovedUnknown => { en: "removed", pt: "removido" }
        Unexplained => { en: "unexplained", pt: "inexplicado" }
        FieldDrift => { en: "field drift", pt: "campo difere" }
        ManualDelete => { en: "gone", pt: "excluído" }
    }
}

/// A row of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// Every cause.
    All,
    /// One.
    Cause(Cause),
    /// The heading of the views.
    Heading,
    /// A saved view, by its place.
    View(usize),
}

/// The rows, from the top.
pub(super) fn rows(model: &Model) -> Vec<Row> {
    let state = &model.diff;
    let mut rows = vec![Row::All];
    for cause in Cause::ALL {
        if state.count_of(*cause) > 0 || state.cause == Some(*cause) {
            rows.push(Row::Cause(*cause));
        }
    }
    if !state.views.is_empty() {
        rows.push(Row::Heading);
        rows.extend((0..state.views.len()).map(Row::View));
    }
    rows
}

/// Puts the pane's cursor on what is shown.
pub(super) fn follow(model: &mut Model) {
    let (rows, height) = (rows(model), layout::cause_rows(model));
    let shown = model.diff.cause.map_or(Row::All, Row::Cause);
    let on_view = matches!(rows.get(model.diff.left.at), Some(Row::View(_)));
    if on_view && model.diff.pane == Pane::Causes {
        return model.diff.left.settle(rows.len(), height);
    }
    let at = rows.iter().position(|row| *row == shown).unwrap_or(0);
    model.diff.left.to(at, rows.len(), height);
}

/// The cursor of the pane moves; a cause is shown at once, a view when it is opened.
pub(super) fn go(model: &mut Model, by: isize) -> Vec<Effect> {
    let (rows, height) = (rows(model), layout::cause_rows(model));
    model.diff.left.go(by, rows.len(), height);
    match rows.get(model.diff.left.at) {
        Some(Row::All) => super::choose(model, None),
        Some(Row::Cause(cause)) => super::choose(model, Some(*cause)),
        Some(Row::Heading) => {
            let step = if by < 0 { -1 } else { 1 };
            model.diff.left.go(step, rows.len(), height);
            Vec::new()
        }
        Some(Row::View(_)) | None => Vec::new(),
    }
}

/// Goes to the list, by a view where the cursor is on one.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let row = rows(model).get(model.diff.left.at).copied();
    model.diff.pane = Pane::List;
    match row {
        Some(Row::View(view)) => show_view(model, view),
        Some(Row::All | Row::Cause(_) | Row::Heading) | None => Vec::new(),
    }
}

/// The next saved view.
pub(super) fn next_view(model: &mut Model) -> Vec<Effect> {
    let count = model.diff.views.len();
    if count == 0 {
        let voice = model.voice.clone();
        model.complain(word!(voice, en: "no view is saved yet", pt: "nenhuma vista guardada"));
        return Vec::new();
    }
    let next = model.diff.view.map_or(0, |view| (view + 1) % count);
    show_view(model, next)
}

fn show_view(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(view) = model.diff.views.get(at).cloned() else { return Vec::new() };
    model.diff.cause = view.cause.as_deref().and_then(Cause::from_wire);
    model.diff.filter = view.filter;
    model.diff.group = view.group.as_deref().and_then(Column::from_name);
    let effects = super::rows::ask(model, false);
    model.diff.view = Some(at);
    effects
}

/// Keeps filter and grouping under a name; one of the same name is replaced.
pub fn save_view(model: &mut Model, name: &str) -> Vec<Effect> {
    let (voice, name) = (model.voice.clone(), name.trim());
    if name.is_empty() {
        model.complain(word!(voice, en: "a view needs a name", pt: "a vista precisa de um nome"));
        return Vec::new();
    }
    let view = SavedView {
        name: name.to_owned(),
        cause: model.diff.cause.map(|cause| cause.wire().to_owned()),
        filter: model.diff.filter.clone(),
        group: model.diff.group.as_ref().map(Column::name),
    };
    let views = &mut model.diff.views;
    let at = views.iter().position(|view| view.name == name).unwrap_or(views.len());
    views.truncate(views.len().max(at));
    match views.get_mut(at) {
        Some(known) => *known = view,
        None => views.push(view),
    }
    model.diff.view = Some(at);
    let all = model.diff.views.clone();
    vec![model.begin(Job::KeepViews(all))]
}

/// The views as they were saved.
pub fn views(model: &mut Model, views: Vec<SavedView>) -> Vec<Effect> {
    let (voice, n) = (model.voice.clone(), views.len() as u64);
    if n > 0 {
        let shown = voice.number(n);
        model.note(plural!(voice, n,
            en: ["{shown} saved view", "{shown} saved views"],
            pt: ["{shown} vista guardada", "{shown} vistas guardadas"]));
    }
    model.diff.views = views;
    Vec::new()
}
