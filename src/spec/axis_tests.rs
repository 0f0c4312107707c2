//! Unit tests of [`super`]: ranges, lists, words and slips.

use proptest::prelude::*;

use super::*;

fn texts(argument: &str) -> Vec<String> {
    let axis = Axis::parse(argument).unwrap_or_else(|problem| panic!("{argument}: {problem}"));
    axis.values.into_iter().map(|value| value.text).collect()
}

fn refused(argument: &str) -> String {
    let problem = Axis::parse(argument).expect_err(argument);
    format!("{}; {}", problem.what, problem.hint.unwrap_or_default())
}

#[test]
fn ranges_have_both_ends_and_keep_their_unit() {
    assert_eq!(texts("pool.main.max=10..30:5"), ["10", "15", "20", "25", "30"]);
    assert_eq!(texts("pool.main.max = 10 .. 28 : 5"), ["10", "15", "20", "25"]);
    assert_eq!(texts("a.b=0.1..0.5:0.1"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
    assert_eq!(texts("a.b=800ms..1s:100ms"), ["800ms", "900ms", "1000ms"]);
    assert_eq!(texts("a.b=1m30s..3m:45s"), ["90s", "135s", "180s"]);
    assert_eq!(texts("a.b=10%..30%:10%"), ["10%", "20%", "30%"]);
    assert_eq!(texts("rate=10/s..30/s:10/s"), ["10/s", "20/s", "30/s"]);
    assert_eq!(texts("a.b=512MiB..1GiB:256MiB"), ["512MiB", "768MiB", "1024MiB"]);
    assert_eq!(texts("a.b=7..7"), ["7"]);
}

#[test]
fn a_range_without_a_step_has_nine_values_and_room_between_them() {
    let axis = Axis::parse("pool.main.max=10..60").expect("understood");
    let numbers: Vec<f64> = axis.values.iter().filter_map(|value| value.number).collect();
    assert_eq!(numbers, [10.0, 16.0, 23.0, 29.0, 35.0, 41.0, 48.0, 54.0, 60.0]);
    assert_eq!(axis.between(16.0, 23.0).map(|value| value.text).as_deref(), Some("19"));
    assert_eq!(axis.between(16.0, 17.0), None);
    assert_eq!(texts("pool.main.max=1..4"), ["1", "2", "3", "4"]);
    let times = Axis::parse("a.b=0.5s..2.5s").expect("understood");
    assert_eq!((times.values.len(), times.values[1].text.as_str()), (9, "0.75s"));
    assert_eq!(times.between(0.5, 0.75).map(|value| value.text).as_deref(), Some("0.625s"));
    assert_eq!(times.between(0.5, 0.55), None);
    let stepped = Axis::parse("pool.main.max=10..60:10").expect("understood");
    assert_eq!(stepped.between(10.0, 20.0), None);
}

#[test]
fn lists_are_split_at_commas_outside_of_values() {
    assert_eq!(texts("pool.main.max=100,20, 50 ,20"), ["20", "50", "100"]);
    assert_eq!(texts("tier.app.instance=t3.large,m5.large,t3.large"), ["t3.large", "m5.large"]);
    assert_eq!(texts("a.b=\"35%..42%\",\"x,y\""), ["\"35%..42%\"", "\"x,y\""]);
    assert_eq!(texts("a.b={ p50 = \"1ms\", p95 = \"2ms\" },[1, 2]"), ["{ p50 = \"1ms\", p95 = \"2ms\" }", "[1, 2]"]);
    let times = Axis::parse("a.b=500ms,1s").expect("understood");
    assert_eq!(times.values.iter().map(|value| value.number).collect::<Vec<_>>(), [Some(500.0), Some(1000.0)]);
    let path = Axis::parse("endpoint.\"GET /x=1\".steps[0].cpu=1ms,2ms").expect("understood");
    assert_eq!((path.name(), path.values.len()), ("endpoint.\"GET /x=1\".steps[0].cpu", 2));
}

#[test]
fn the_words_for_the_load() {
    for (argument, varied) in [("users=10,20", Varied::Users), ("rate=5/s", Varied::Rate), ("load=50%,2", Varied::Load)]
    {
        let axis = Axis::parse(argument).unwrap_or_else(|problem| panic!("{argument}: {problem}"));
        assert!(axis.varied == varied && axis.is_load(), "{axis:?}");
    }
    assert_eq!(texts("load=2,150%"), ["150%", "2"]);
    assert!(!Axis::parse("pool.main.max=1").expect("understood").is_load());
}

#[test]
fn slips_are_told() {
    for (argument, problem) in [
        ("pool.main.max", "there is no \"=\""),
        ("pool.main.max=", "there are no values after \"=\""),
        ("pool.main.max=1,,2", "there is an empty value"),
        ("pool.main.max=..", "a range has two ends"),
        ("pool.main.max=5..", "a range has two ends"),
        ("pool.main.max=60..10", "the range \"60..10\" runs downwards; write 10..60"),
        ("pool.main.max=10..60:0", "a step of 0 goes nowhere"),
        ("pool.main.max=10..60:-5", "\"-5\" is no number that a range"),
        ("pool.main.max=10..60:100", "the step is wider than the range"),
        ("pool.main.max=1..10000000:1", "these are 10000000 values; at most 10000 are possible"),
        ("pool.main.max=10..60ms", "the numbers of \"10..60ms\" are of different kinds"),
        ("pool.main.max=10%..1", "the numbers of \"10%..1\" are of different kinds"),
        ("tier.app.instance=t3.large..m5.large", "\"t3.large\" is no number that a range"),
        ("users=a:..", "\"a:\" is no number that a range"),
        ("pool.main.max=10..20,30", "a range has no place in a list"),
        ("user=10..20", "no word \"user\"; did you mean \"users\"?"),
        ("pool=10..20", "\"pool\" is a whole part of the model"),
        ("users=10ms..20ms", "users varies whole numbers of virtual users, and \"10ms\" is none"),
        ("users=0.5,1", "users varies whole numbers of virtual users, and \"0.5\" is none"),
        ("users=0..10", "users has to be above 0"),
        ("rate=10,20", "rate varies rates, and \"10\" is none; write rate=10/s..50/s:10/s"),
        ("load=1s", "load varies times the test's own load, and \"1s\" is none"),
    ] {
        let told = refused(argument);
        assert!(told.starts_with(problem), "{argument}: {told}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(pool.a=|users=|load=|)[0-9a-zü.,:%/=\"\\[{} -]{0,16}") {
        if let Ok(axis) = Axis::parse(&text) {
            prop_assert!(!axis.values.is_empty() && axis.values.len() <= MOST_VALUES);
        }
    }
}
