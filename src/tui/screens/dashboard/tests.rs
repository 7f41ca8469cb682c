//! What the first screen promises: the sums, the causes, and what to do, at every size.

use std::sync::Arc;

use crate::app::{Run, sample};
use crate::tui::model::Model;
use crate::tui::testing::{goldens, model, screen, with_run};

fn with(width: u16, height: u16, run: Run) -> Model {
    let mut model = model(width, height);
    model.known.run = Some(Arc::new(run));
    model.known.looked = true;
    model
}

#[test]
fn golden_every_cause() {
    goldens("dashboard", with_run);
}

#[test]
fn shows() {
    let _ = with(1, 1, sample::run());
    println!("{}", screen(&with_run(80, 24)));
    println!("{}", screen(&with_run(120, 40)));
    println!("{}", screen(&with_run(60, 15)));
    println!("{}", screen(&with_run(40, 8)));
}
