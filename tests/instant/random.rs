//! No run of any system passes more than its bounds say.

use plimsoll::compile::compile;
use plimsoll::engine::run;
use plimsoll::study::instant::instant;
use plimsoll::study::observe::{Wanted, observe};
use proptest::prelude::*;

use crate::systems::any_system;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn random_systems_stay_within_their_bounds(model in any_system(30.0), seed in 0u64..1000) {
        let test = &model.tests[0];
        let found = instant(&model, test).expect("compiles");
        let windows: Vec<(f64, f64)> = found.windows.iter().map(|w| (w.from_s, w.to_s)).collect();
        let compiled = compile(&model, test, &[], &windows).expect("compiles");
        // Transactions in transactions may well block each other.
        let Ok(measured) = run(&compiled.program, seed, || true) else { return Ok(()) };
        let wanted = Wanted { windows, ..Wanted::default() };
        let figures = observe(&measured, &compiled.labels, &wanted);
        for window in &found.windows {
            let span = (Some(window.from_s), Some(window.to_s));
            let answered = figures.iter().find(|f| {
                f.key.metric == "http_reqs" && f.key.scope.is_empty() && f.key.stat == "count" && (f.key.from_s, f.key.to_s) == span
            });
            let answered = answered.map_or(0.0, |figure| figure.value);
            prop_assert!(answered <= window.most_requests, "{answered} of {window:?}");
        }
    }
}
