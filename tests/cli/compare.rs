//! Comparisons of systems and of recordings.

use serde_json::Value;

use super::{Folder, MODEL};

const COMPARE: &str = "compare model.toml @wide --replications 4 --quiet";

fn row<'v>(comparison: &'v Value, metric: &str, stat: &str) -> &'v Value {
    let rows = comparison["tests"][0]["differences"].as_array().expect("rows");
    let is =
        |row: &&Value| row["metric"] == metric && row["stat"] == stat && row["scope"] == "" && row["from_s"].is_null();
    rows.iter().find(is).expect("the row")
}

#[test]
fn the_page_is_as_it_was_looked_at() {
    let ran = Folder::with_model(MODEL).plimsoll(COMPARE);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, include_str!("../fixtures/compare.txt"), "{}", ran.out);
}

#[test]
fn differences_are_those_of_the_two_runs() {
    let folder = Folder::with_model(MODEL);
    let comparison = folder.json(COMPARE).1;
    let run = |variant: &str| folder.json(&format!("run model.toml --replications 4 --quiet {variant}")).1;
    let value = |run: &Value| {
        let rows = run["metrics"].as_array().expect("rows").iter();
        let is = |row: &&Value| {
            row["metric"] == "http_req_duration"
                && row["stat"] == "p95"
                && row["scope"] == ""
                && row["from_s"].is_null()
        };
        rows.filter(is).map(|row| row["value"].as_f64().expect("a number")).next().expect("the row")
    };
    let (a, b) = (value(&run("")), value(&run("--variant wide")));
    let p95 = row(&comparison, "http_req_duration", "p95");
    let number = |key: &str| p95[key].as_f64().expect("a number");
    assert!((number("a") - a).abs() < 1e-6 && (number("difference") - (b - a)).abs() < 1e-6, "{p95}, {a}, {b}");
    assert!(number("low") <= number("difference") && number("difference") <= number("high"));
    assert_eq!(p95["change"], "better");
}

#[test]
fn a_change_that_changes_nothing_says_so() {
    let folder = Folder::with_model(MODEL);
    let ran = folder.plimsoll("compare model.toml model.toml --set-b pool.main.max=2 --replications 3 --quiet");
    assert!(ran.code == 0 && ran.out.contains("Nothing differs"), "{}", ran.out);
    let comparison = folder.json("compare model.toml model.toml --replications 3 --quiet").1;
    for row in comparison["tests"][0]["differences"].as_array().expect("rows") {
        assert_eq!((&row["difference"], &row["change"]), (&0.0.into(), &"none".into()), "{row}");
    }
}

#[test]
fn the_exit_code_is_1_if_an_objective_fails_with_the_second() {
    let folder = Folder::with_model(MODEL);
    let fails = "--set-b tier.app.cores=1 --set-b database.main.cores=1 --set-b pool.main.max=1";
    let ran = folder.plimsoll(&format!("compare model.toml model.toml {fails} --replications 3 --quiet"));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let failed = MODEL.replace("http_req_duration = [\"p(95)<1000\"]", "http_req_failed = [\"rate<0.2\"]");
    let strict = Folder::with_model(&failed);
    let ran = strict.plimsoll(&format!("compare model.toml model.toml {fails} --replications 3 --quiet"));
    assert!(ran.code == 1 && ran.out.contains("fail"), "{}", ran.out);
}

#[test]
fn recordings_differ_without_intervals_unless_they_have_ranges() {
    let folder = Folder::new();
    let head = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n";
    let rows = |p95: &str, cpu: &str| format!("{head}http_req_duration,,p95,,,{p95},,,ms,\ncpu,app,avg,,,,{cpu},%,\n");
    folder.write("a.csv", rows("100", "30,40").as_bytes());
    folder.write("b.csv", (rows("80", "50,60") + "http_reqs,,count,,,9,,,1,\n").as_bytes());
    let comparison = folder.json("compare a.csv b.csv").1;
    let p95 = row(&comparison, "http_req_duration", "p95");
    assert_eq!((&p95["difference"], &p95["low"], &p95["change"]), (&(-20.0).into(), &Value::Null, &"unsure".into()));
    let cpu = &comparison["tests"][0]["differences"][1];
    assert_eq!((&cpu["low"], &cpu["high"], &cpu["change"]), (&10.0.into(), &30.0.into(), &"more".into()));
    assert_eq!(comparison["tests"][0]["only_b"], serde_json::json!(["http_reqs"]));
    let page = folder.plimsoll("compare a.csv b.csv");
    assert!(page.out.contains("-20 ms"), "{}", page.out);
}

#[test]
fn an_objective_that_only_one_has_is_there_and_a_figure_of_another_span_is_not_only_in_one() {
    let folder = Folder::with_model(MODEL);
    let more = MODEL.replace("p(95)<1000", "p(99)<2000").replace("duration = \"2s\"", "duration = \"3s\"");
    folder.write("more.toml", more.as_bytes());
    let compare = "compare model.toml more.toml --replications 3 --quiet";
    let comparison = folder.json(compare).1;
    let test = &comparison["tests"][0];
    assert_eq!((&test["only_a"], &test["only_b"]), (&serde_json::json!([]), &serde_json::json!([])));
    let verdicts = test["verdicts"].as_array().expect("verdicts");
    assert_eq!(verdicts.len(), 2, "{test}");
    assert_eq!((&verdicts[0]["a_status"], &verdicts[0]["b_status"]), (&"pass".into(), &Value::Null));
    assert_eq!((&verdicts[1]["a_status"], &verdicts[1]["b_probability"]), (&Value::Null, &1.0.into()));
    let page = folder.plimsoll(compare).out;
    assert!(page.contains("p(99)<2000") && page.contains("not asked for"), "{page}");
}

#[test]
fn the_cost_of_both_is_told_with_what_has_no_price() {
    let priced = MODEL.replace("[tier.app]\ncores = 2", "[tier.app]\ncores = 2\nprice = \"$0.10/h\"");
    let folder = Folder::with_model(&priced);
    let compare = "compare model.toml model.toml --set-b tier.app.count=3 --replications 2 --quiet";
    let comparison = folder.json(compare).1;
    let cost = &comparison["tests"][0]["cost"];
    let number = |key: &str| cost[key].as_f64().expect("a number");
    assert!((number("a_usd_per_month") - 73.0).abs() < 1e-9 && (number("difference") - 146.0).abs() < 1e-9, "{cost}");
    assert!(cost["unknown"][0].as_str().is_some_and(|why| why.starts_with("main: ")), "{cost}");
    let page = folder.plimsoll(compare).out;
    assert!(page.contains("Cost per month: $73.00 and $219.00, $146.00 more"), "{page}");
}

#[test]
fn threads_change_nothing_and_every_form_is_there() {
    let folder = Folder::with_model(MODEL);
    let one = folder.plimsoll(&format!("{COMPARE} --threads 1 --plot one.svg --full"));
    let two = folder.plimsoll(&format!("{COMPARE} --threads 2 --plot two.svg --full"));
    assert_eq!((one.code, &one.out), (0, &two.out));
    let figure = folder.read("one.svg");
    assert_eq!(figure, folder.read("two.svg"));
    assert!(figure.contains("difference, %") && !figure.contains("NaN"));
    assert!(one.out.lines().all(|line| line.chars().count() <= 100), "{}", one.out);
    for format in ["csv", "markdown"] {
        let ran = folder.plimsoll(&format!("{COMPARE} --format {format}"));
        assert!(ran.code == 0 && ran.out.contains("http_req_duration"), "{}", ran.out);
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = Folder::with_model(MODEL);
    folder.write("r.csv", b"metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_reqs,,count,,,9,,,1,\n");
    folder.write("s.csv", b"metric,scope,stat,from_s,to_s,value,low,high,unit,source\niterations,,count,,,9,,,1,\n");
    folder.write("other.toml", MODEL.replace("test.short", "test.long").as_bytes());
    for (arguments, told) in [
        ("model.toml @wid", "wid"),
        ("@wide model.toml", "names no file"),
        ("model.toml r.csv", "plimsoll check model.toml --test NAME --against r.csv"),
        ("r.csv model.toml", "plimsoll check model.toml"),
        ("r.csv s.csv", "no figure in common"),
        ("r.csv r.csv --test short", "recordings are of one test"),
        ("r.csv r.csv --set a=1", "is a recording"),
        ("model.toml other.toml", "no test in common"),
        ("model.toml @wide --test shrt", "did you mean \"short\"?"),
        ("model.toml nowhere.toml", "nowhere.toml"),
        ("model.toml @wide --set-b pool.mian.max=3", "did you mean"),
    ] {
        let ran = folder.plimsoll(&format!("compare {arguments} --quiet"));
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(told), "{arguments}: {}", ran.err);
    }
}
