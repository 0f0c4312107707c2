//! Where a load stands: asymptotes of closed and open loads, and what a little more load does.

use std::path::Path;

use plimsoll::model::resolve::load_model_text;
use plimsoll::study::instant::{Place, Placing, Swing, Zone};

/// A loop of 10 ms, and 1 s between requests: N* = (0.01 + 1) / 0.01 = 101 users.
fn users(vus: u32) -> Place {
    let test = format!("[test.t]\nvus = {vus}\nduration = \"60s\"\nthink = \"1s\"\n");
    place(&test).expect("a place")
}

fn arrivals(rate: u32) -> Place {
    place(&format!(
        "[test.t]\nexecutor = \"constant-arrival-rate\"\nrate = {rate}\nduration = \"60s\"\npreAllocatedVUs = 900\n"
    ))
    .expect("a place")
}

fn place(test: &str) -> Option<Place> {
    let text = format!("[tier.app]\ncores = 1\n[endpoint.a]\nsteps = [ {{ cpu = \"10ms\" }} ]\n{test}");
    let model = load_model_text(&text, "m", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    Placing::new(&model, &model.tests[0]).expect("compiles").at(None)
}

#[test]
fn users_stand_where_the_asymptotes_put_them() {
    for (vus, zone) in
        [(20, Zone::Below), (70, Zone::Below), (72, Zone::Knee), (130, Zone::Knee), (132, Zone::Saturated)]
    {
        let place = users(vus);
        assert!((place.load - f64::from(vus) / 101.0).abs() < 1e-9, "{vus}: {}", place.load);
        assert_eq!((place.zone, place.resource.as_str()), (zone, "app cpu"), "{vus}");
    }
}

#[test]
fn arrivals_are_saturated_from_what_can_be_served() {
    for (rate, zone) in [(60, Zone::Below), (71, Zone::Knee), (99, Zone::Knee), (101, Zone::Saturated)] {
        let place = arrivals(rate);
        assert!((place.load - f64::from(rate) / 100.0).abs() < 1e-9, "{rate}: {}", place.load);
        assert_eq!(place.zone, zone, "{rate}");
    }
}

/// Far beyond the knee R = N D - Z: 202 users wait 1.02 s, 5 % more of them 1.121 s.
#[test]
fn a_little_more_load_does_nothing_below_the_knee_and_much_beyond_it() {
    let calm = users(10).response.expect("an estimate");
    assert!(calm.high < 1.02, "{calm:?}");
    let full = users(202).response.expect("an estimate");
    assert!((full.high - 1.121 / 1.02).abs() < 0.02 && full.low < 0.95, "{full:?}");
    assert_eq!(arrivals(120).response, Some(Swing { low: 0.0, high: f64::INFINITY }));
}
