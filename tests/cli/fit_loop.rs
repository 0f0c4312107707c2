//! `plimsoll fit --free`, `--alternative` and `--new`: known truths are found again, and what cannot be told is said.

use std::fmt::Write;

use serde_json::Value;

use super::Folder;

/// A pool that is nearly full; `?` stands for the numbers of the truth.
const SYSTEM: &str = r#"[tier.app]
cores = 4
[database.main]
cores = 4
max_connections = 50
[pool.main]
max = 8
[endpoint.a]
steps = [ { cpu = "1ms" }, { query = "qa", pool = "main", time = { mean = "?", cv = "?" } } ]
[endpoint.b]
steps = [ { query = "qb", pool = "main", time = { mean = "?", cv = 0.4 } } ]
[iteration.mix]
pick = [ { weight = 2, request = "a" }, { weight = 1, request = "b" } ]
[test.t]
iteration = "mix"
executor = "constant-vus"
vus = 60
duration = "30s"
think = "300ms"
[variant.lifo]
about = "who came last is served first"
set = { "pool.main.order" = "lifo" }
"#;

const FREE: &str = "endpoint.a.steps[1].time.mean,endpoint.a.steps[1].time.cv,endpoint.b.steps[0].time.mean";

fn system(numbers: [&str; 3]) -> String {
    numbers.iter().fold(SYSTEM.to_owned(), |text, number| text.replacen('?', number, 1))
}

/// One run of the model in the folder, as a load tool would report it: without times of statements.
fn record(folder: &Folder, arguments: &str) {
    let ran = folder.plimsoll(&format!("run model.toml --replications 1 --format csv -q -o all.csv {arguments}"));
    assert!(ran.code <= 1, "{}", ran.err);
    let outside = |line: &&str| !line.starts_with("query_") && !line.contains(",30,") && !line.contains("main");
    let kept: Vec<String> = folder.read("all.csv").lines().filter(outside).map(str::to_owned).collect();
    folder.write("r.csv", kept.join("\n").as_bytes());
}

fn report(folder: &Folder, arguments: &str) -> Value {
    let ran = folder.plimsoll(&format!("fit {arguments} --format json -q"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).expect("JSON")
}

fn row<'v>(report: &'v Value, list: &str, path: &str) -> Option<&'v Value> {
    report[list].as_array().expect("a list").iter().find(|row| row["path"] == path)
}

/// Six systems, each recorded once: of 18 numbers 16 or more lie inside their 95 % intervals (fewer than 16 of 18 would come by chance
/// once in sixteen times at 95 %, never if intervals were half as wide), and each is near.
#[test]
fn numbers_behind_a_recording_are_found_by_simulating() {
    let (mut inside, mut told) = (0, String::new());
    for seed in 1..=6u32 {
        let vary = |base: f64, times: u32| base * (0.7 + 0.06 * f64::from((seed * times) % 11));
        let truth = [vary(40.0, 3), vary(0.7, 5), vary(25.0, 7)];
        let folder = Folder::with_model(&system([
            &format!("{}ms", truth[0]),
            &truth[1].to_string(),
            &format!("{}ms", truth[2]),
        ]));
        record(&folder, &format!("--seed {}", 100 + seed));
        folder.write("guess.toml", system(["25ms", "0.4", "40ms"]).as_bytes());
        let found = report(&folder, &format!("guess.toml --from r.csv --free {FREE}"));
        for (path, truth) in FREE.split(',').zip([truth[0] / 1e3, truth[1], truth[2] / 1e3]) {
            let fitted = row(&found, "parameters", path).unwrap_or_else(|| panic!("{path} in {found:#}"));
            let number = |key: &str| fitted[key].as_f64().expect("a number");
            let (low, value, high) = (number("low"), number("value"), number("high"));
            let _ = writeln!(told, "{seed} {path}: {value} [{low}, {high}] for {truth}");
            assert!(low < high && (value / truth).ln().abs() < 0.5, "{told}");
            inside += u32::from(low <= truth && truth <= high);
        }
        let left = found["simulation"]["misfit"].as_f64().expect("a number");
        assert!(left < 2.0 && found["simulation"]["misfit_before"].as_f64() > Some(left), "{left}");
    }
    assert!(inside >= 16, "{inside} of 18 inside\n{told}");
}

#[test]
fn of_two_mechanisms_the_one_that_was_recorded_is_best() {
    let folder = Folder::with_model(&system(["40ms", "0.7", "25ms"]));
    for (variant, best) in [("", ""), ("--variant lifo", "lifo")] {
        record(&folder, &format!("--seed 9 {variant}"));
        folder.write("guess.toml", system(["35ms", "0.7", "25ms"]).as_bytes());
        let arguments =
            "guess.toml --from r.csv --free endpoint.a.steps[1].time.mean --alternative lifo --replications 8";
        let found = report(&folder, arguments);
        let all = found["alternatives"].as_array().expect("a list");
        assert_eq!((all.len(), &all[0]["variant"]), (2, &Value::from(best)), "{all:#?}");
        assert!(all[1]["behind"].as_f64() > Some(2.0), "{}", all[1]["behind"]);
        let page = folder.plimsoll(&format!("fit {arguments} -q"));
        assert!(page.out.contains("Mechanisms compared") && page.out.contains("(Akaike)"), "{}", page.out);
    }
}

/// Two pauses one after the other: only their sum has an effect.
#[test]
fn what_is_told_only_together_is_said_and_not_written() {
    let model = system(["40ms", "0.7", "25ms"])
        .replace("{ cpu = \"1ms\" },", "{ wait = \"20ms\", name = \"x\" }, { wait = \"20ms\", name = \"y\" },");
    let folder = Folder::with_model(&model);
    record(&folder, "--seed 4");
    let free = "endpoint.a.steps[0].wait,endpoint.a.steps[1].wait";
    let found = report(&folder, &format!("model.toml --from r.csv --replications 8 --free {free}"));
    for (path, other) in [(0, 1), (1, 0)] {
        let path = format!("endpoint.a.steps[{path}].wait");
        assert!(row(&found, "parameters", &path).is_none(), "{found:#}");
        let why = row(&found, "missing", &path).expect("said")["why"].to_string();
        assert!(why.contains(&format!("endpoint.a.steps[{other}].wait")), "{why}");
    }
}

#[test]
fn numbers_and_variants_that_are_none_are_refused() {
    let folder = Folder::with_model(&system(["40ms", "0.7", "25ms"]));
    record(&folder, "--seed 4");
    let ran = folder.plimsoll("fit model.toml --from r.csv --free endpoint.a.steps[1].tine.mean");
    assert!(ran.code == 2 && ran.err.contains("is no number of the model file"), "{}", ran.err);
    let ran = folder.plimsoll("fit model.toml --from r.csv --alternative life");
    assert!(ran.code == 2 && ran.err.contains("no variant \"life\"") && ran.err.contains("lifo"), "{}", ran.err);
}

/// Traces of the CLI's own test: endpoint, parts from when to when in ms, all in a request of so many ms; one object per line
/// and span if they are scattered.
fn otlp(requests: usize, parent: &str, length_ms: u64, parts: &[(&str, u64, u64)], scattered: bool) -> String {
    let mut spans = Vec::new();
    for number in 0..requests as u64 {
        let begin = 1_750_000_000_000_000_000 + number * 50_000_000;
        let mut add = |id: u64, parent: String, name: &str, from: u64, to: u64| {
            spans.push(format!(
                "{{\"traceId\":\"{number:032x}\",\"spanId\":\"{:016x}\",\"parentSpanId\":\"{parent}\",\"name\":\"{name}\",\
                 \"startTimeUnixNano\":\"{}\",\"endTimeUnixNano\":\"{}\"}}",
                number * 10 + id,
                begin + from * 1_000_000,
                begin + to * 1_000_000
            ));
        };
        add(1, parent.to_owned(), "GET /par", 0, length_ms);
        for (at, (name, from, to)) in parts.iter().enumerate() {
            add(at as u64 + 2, format!("{:016x}", number * 10 + 1), name, *from, *to);
        }
    }
    let object = |spans: &str| format!("{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{spans}]}}]}}]}}");
    if scattered { spans.iter().map(|span| object(span) + "\n").collect() } else { object(&spans.join(",")) }
}

/// Two statements side by side are drafted so, the request's own time is kept, and the draft takes as long as what was traced.
#[test]
fn what_lay_side_by_side_is_drafted_in_parallel() {
    let folder = Folder::new();
    for (file, parent, scattered) in
        [("whole.json", "", false), ("lines.json", "", true), ("gateway.json", "ffffffffffffffff", false)]
    {
        folder.write(file, otlp(60, parent, 22, &[("SELECT x", 1, 21), ("SELECT y", 1, 20)], scattered).as_bytes());
        let ran = folder.plimsoll(&format!("fit --new {file} -o new.toml"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(
            ran.err.contains("60 spans have a parent that is not in the file"),
            !parent.is_empty(),
            "{}",
            ran.err
        );
        let text = folder.read("new.toml");
        for part in [
            "parallel = [",
            "query = \"SELECT x\"",
            "query = \"SELECT y\"",
            "cpu = \"2ms\"",
            "60 requests of 22ms on average; the steps below make 22ms",
        ] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
        let ran = folder.plimsoll(&format!("inspect {file} --format json"));
        let seen: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(
            (&seen["endpoints"][0]["count"], &seen["endpoints"][0]["avg_ms"]),
            (&60.0.into(), &22.0.into()),
            "{file}"
        );
        let ran = folder.plimsoll("run new.toml --replications 10 --format json -q");
        let run: Value = serde_json::from_str(&ran.out).expect("JSON");
        let mean = run["metrics"].as_array().expect("rows").iter().find(|row| {
            row["metric"] == "http_req_duration"
                && row["scope"] == ""
                && row["stat"] == "avg"
                && row["from_s"].is_null()
        });
        let mean = mean.and_then(|row| row["value"].as_f64()).expect("a mean");
        assert!((mean / 22.0 - 1.0).abs() < 0.05, "{mean}");
    }
}

/// Requests that end in the same millisecond are still as many, and what cannot be read is said where it stands.
#[test]
fn requests_of_one_instant_stay_apart_and_nothing_is_lost_in_silence() {
    let mut spans = String::from("t_s,endpoint,status,step,duration_ms\n");
    for at in 0..200 {
        let _ =
            writeln!(spans, "{0:.3},a,200,cpu,1\n{0:.3},a,200,db,4\n{0:.3},a,200,total,6", f64::from(at / 2) * 0.004);
    }
    spans.push_str("0.9,a,200,cpu,nan\n0.9,a,200,db,-5\n0.9,,200,cpu,1e300\n0.9,a\n");
    let folder = Folder::new();
    folder.write("spans.csv", spans.as_bytes());
    let ran = folder.plimsoll("fit --new spans.csv -o new.toml");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("spans.csv: 4 of 605 lines could not be read and are left out (line 602:"), "{}", ran.err);
    let text = folder.read("new.toml");
    assert!(text.contains("from 200 traced requests") && !text.contains("either"), "{text}");
    // Without totals it is the first step that tells them apart, which is said.
    let rows: Vec<&str> = spans.lines().take(601).filter(|line| !line.contains("total")).collect();
    folder.write("spans.csv", (rows.join("\n") + "\n").as_bytes());
    let ran = folder.plimsoll("fit --new spans.csv -o new.toml");
    assert!(
        ran.err.contains("200 requests of one instant and endpoint are told apart by a step that comes again"),
        "{}",
        ran.err
    );
    assert!(folder.read("new.toml").contains("from 200 traced requests"));
}

#[test]
fn what_is_no_trace_is_refused_with_what_traces_are() {
    let folder = Folder::new();
    folder.write(
        "recorded.csv",
        b"metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_reqs,,count,,,5,,,1,\n",
    );
    folder.write("points.csv", b"metric_name,timestamp,metric_value,name,status,expected_response\nhttp_req_duration,1750000000,5,a,200,true\n");
    for file in ["recorded.csv", "points.csv"] {
        let ran = folder.plimsoll(&format!("fit --new {file} -o new.toml"));
        assert!(
            ran.code == 2 && ran.err.contains("traces are OTLP or Jaeger") && ran.err.contains("--from FILE"),
            "{}",
            ran.err
        );
    }
    folder.write("broken.csv", b"t_s,endpoint,step,duration_ms\n1,a,total,5\n1,a,total,x\n1,a,total,y\n");
    let ran = folder.plimsoll("fit --new broken.csv");
    assert!(ran.code == 2 && ran.err.contains("2 of its 4 lines cannot be read, too many"), "{}", ran.err);
}

/// What a replay leaves out of its recording is said by whatever runs it.
#[test]
fn a_replay_says_which_lines_it_could_not_read() {
    let folder = Folder::new();
    folder.write("r.csv", b"t_s,endpoint,duration_ms\n1,a,5\n2,a,5\n3,a,oops\n4,a,5\n");
    let model = "[tier.app]\ncores = 2\n[endpoint.a]\nsteps = [ { cpu = \"1ms\" } ]\n[test.t]\nreplay = \"r.csv\"\n";
    folder.write("m.toml", model.as_bytes());
    let ran = folder.plimsoll("run m.toml --replications 2 --format json -q");
    let run: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.err));
    let warnings = run["warnings"].to_string();
    assert!(warnings.contains("r.csv: 1 of 5 lines could not be read and is left out (line 4:"), "{warnings}");
    folder.write("r.csv", b"t_s,endpoint,duration_ms\n1,a,5\n3,a,oops\n4,a,oops\n");
    let ran = folder.plimsoll("run m.toml --replications 2 -q");
    assert!(ran.code == 2 && ran.err.contains("r.csv: 2 of its 4 lines cannot be read"), "{}", ran.err);
}

/// Spans of a service with a cache: a third of the requests miss it. The drafted model runs, and predicts what was traced.
#[test]
fn a_model_is_drafted_from_traces_alone() {
    let mut spans = String::from("t_s,endpoint,status,step,duration_ms\n");
    let mut total = 0.0;
    for at in 0..900u32 {
        let t = f64::from(at) * 0.1;
        // Even parts of an exponential law, in an order that looks like none.
        let time = -30.0 * (1.0 - (f64::from((at * 467) % 900) + 0.5) / 900.0).ln();
        let miss = at % 3 == 0;
        let rows = if miss { vec![("redis", 1.0), ("query", time)] } else { vec![("redis", 1.0)] };
        let whole: f64 = rows.iter().map(|row| row.1).sum::<f64>() + 2.0;
        total += whole;
        for (step, length) in rows.into_iter().chain([("total", whole)]) {
            let _ = writeln!(spans, "{t:.3},GET /items,200,{step},{length:.4}");
        }
    }
    let folder = Folder::new();
    folder.write("spans.csv", spans.as_bytes());
    let ran = folder.plimsoll("fit --new spans.csv -o new.toml");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = folder.read("new.toml");
    for part in
        ["[endpoint.\"GET /items\"]", "either = [", "weight = 600", "query = \"query\"", "exponential", "assumed"]
    {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let ran = folder.plimsoll("run new.toml --replications 10 --format json -q");
    assert!(ran.code <= 1, "{}", ran.err);
    let run: Value = serde_json::from_str(&ran.out).expect("JSON");
    let is_mean = |row: &&Value| {
        row["metric"] == "http_req_duration" && row["scope"] == "" && row["stat"] == "avg" && row["from_s"].is_null()
    };
    let mean = run["metrics"].as_array().expect("rows").iter().find(is_mean).expect("a mean")["value"].as_f64();
    let (mean, traced) = (mean.expect("a number"), total / 900.0);
    assert!((mean / traced - 1.0).abs() < 0.05, "{mean} for {traced}");
    let ran = folder.plimsoll("check new.toml --replications 10 -q");
    assert!(ran.code <= 1 && ran.out.contains("spans.csv"), "{}{}", ran.out, ran.err);
}
