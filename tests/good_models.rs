//! Models without problems: what they mean, and that every key they use is in the published schema.

use std::path::{Path, PathBuf};

use plimsoll::model::autoscale::{Change, Controller, CpuTarget, SelectPolicy};
use plimsoll::model::resolve::{Wanted, load_model, load_model_for, load_model_text};
use plimsoll::model::{
    ArrivalProcess, Balancer, Executor, Factor, Law, Model, Move, Opens, Quantity, Recorded, Refusal, Remote, Runtime,
    Scenario, Shape, Signal, Start, Step, Stretch, Tier, ValueSize,
};
use plimsoll::spec::schema::schema;
use plimsoll::spec::starter::STARTER;
use proptest::prelude::*;
use serde_json::Value;

fn every_key() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good/every_key.toml")
}

#[test]
fn the_starter_loads_with_each_variant() {
    let model = load_model_text(STARTER, "shop.toml", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(model.tests.len(), 2);
    for variant in &model.variants {
        let changed = load_model_text(STARTER, "shop.toml", Path::new(""), Some(&variant.name), &[]);
        assert_ne!(changed.unwrap_or_else(|p| panic!("{p}")), model);
    }
}

#[test]
fn every_key_means_something() {
    let model = load_model(&every_key(), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let inputs: Vec<(&str, &str)> = model.inputs.iter().map(|input| (input.name.as_str(), input.unit)).collect();
    assert!(inputs.starts_with(&[("hold", "share"), ("slow", "s"), ("tier.app.contention.sigma", "1")]), "{inputs:?}");
    assert!(inputs.contains(&("endpoint.\"POST /orders\".steps[11].parallel[1][0].wait", "s")), "{inputs:?}");
    assert_eq!(model.databases[0].max_connections, 97);
    let Step::Either { branches } = &model.endpoints[0].steps[3] else { panic!("no either") };
    let Step::Query { time, .. } = &branches[1].1[0] else { panic!("no query") };
    assert_eq!(time.shape, Shape::Lognormal { mean: Quantity::Known(0.06), cv: Quantity::Known(0.5) });
    assert_eq!(time.scale[0], Factor::Times(Quantity::Uncertain(0)));
    assert_eq!(time.scale[1], Factor::Rest(Quantity::Known(0.4)));
    let Step::Cpu { demand } = &model.endpoints[0].steps[2] else { panic!("no cpu") };
    assert_eq!(demand.draw, time.draw);
    assert!(demand.draw.is_some());
    let cache = &model.caches[0];
    assert_eq!(cache.lag, Law::constant(0.005));
    // 3,317,862,236 bytes less 30 % would be 2.3 GB; less is asked for.
    assert_eq!((cache.max_bytes, cache.max_connections), (Some(2_000_000_000), 65_000));
    assert_eq!(cache.keyspaces[0].start, Start::Warm { accesses: 15_000, seconds: 120.0 });
    let ValueSize::Lognormal { median, sigma, .. } = cache.keyspaces[2].size else { panic!("no law") };
    assert!((median * (0.5 * sigma.powi(2)).exp() - 5000.0).abs() < 1e-6);
    assert_eq!(cache.keyspaces[4].size, ValueSize::OfKeys(vec![120, 8000]));
    let Step::CacheRead { key, fill, .. } = &model.endpoints[0].steps[4] else { panic!("no read") };
    assert_eq!((key.pool, *fill), (Some(2), Some(Refusal::Fail)));

    let decision = &model.decisions[0];
    assert_eq!((decision.criteria[0].tests.len(), decision.criteria[0].objectives.len()), (2, 2));
    assert_eq!((decision.criteria[1].objectives.len(), decision.criteria[2].tests.len()), (0, 0));
    assert_eq!((&decision.branches[0].when[0].holds[..], decision.branches[0].when[1].with), (&[0, 1][..], Some(0)));
    let (connections, misspelt) = (&model.alarms[0], &model.alarms[1]);
    assert_eq!(connections.signal, Some(Signal::Connections(Remote::Database(0))));
    assert_eq!((connections.never.len(), connections.datapoints_to_alarm, connections.period), (0, 2, 300));
    assert_eq!((misspelt.signal, misspelt.never.len(), misspelt.datapoints_to_alarm), (None, 2, 1));

    let Step::Wait { time, .. } = &model.endpoints[1].steps[5] else { panic!("no wait") };
    assert_eq!(time.shape, Shape::Samples(vec![0.008, 0.0125]));

    assert_eq!(model.pools[0].acquire_timeout, Some(Law::constant(30.0)));
    let patience = Shape::Exponential { mean: Quantity::Known(0.1) };
    assert_eq!(model.pools[1].acquire_timeout, Some(Law::of(patience)));

    let [peak, mixed, inspected] = model.tests.as_slice() else { panic!("three tests") };
    let moves = &model.iterations[peak.scenarios[0].iteration as usize].moves;
    let Move::Pick { branches } = &moves[0] else { panic!("no pick") };
    assert!(matches!(branches[0].1.as_slice(), [Move::Request { .. }, Move::Sleep { .. }]));
    assert!(matches!(moves.last(), Some(Move::Pace { .. })));
    assert_eq!(peak.objectives.len(), 4);
    assert_eq!(peak.scenarios[0].start, 1.0);
    assert!(matches!(mixed.scenarios[1].executor, Executor::ConstantArrivalRate { rate: 50.0, max_vus: 40, .. }));
    let Executor::RampingArrivalRate { start_rate, stages, max_vus, .. } = &mixed.scenarios[2].executor else {
        panic!("no ramp")
    };
    assert_eq!((*start_rate, stages[0].target, *max_vus), (40.0, 10.0, 20));
    assert_eq!(mixed.changes, ["pool.main.max = 25"]);
    assert_eq!((inspected.scenarios.len(), inspected.objectives.len()), (4, 3));
}

/// The very file that k6 1.1.0 wrote of a script with each executor.
#[test]
fn options_that_k6_prints_are_a_test() {
    let tiny = "[tier.app]\ncores = 1\n[endpoint.get]\nsteps = [{ cpu = \"1ms\" }]\n\
                [iteration.browse]\npick = [{ weight = 1, request = \"get\" }]\n\
                [iteration.order]\nmoves = [{ request = \"get\" }, { request = \"get\" }]\n";
    let good = every_key().parent().expect("a folder").to_owned();
    let load =
        |test: &str| load_model_text(&format!("{tiny}{test}"), "m", &good, None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let inspected = load("[test.t]\nk6 = \"options.json\"\nthink = \"1s\"\n");
    let by_hand = load(
        "[test.t.scenarios.ramp]\nexec = \"browse\"\nthink = \"1s\"\nstartTime = \"10s\"\nstartVUs = 2\ngracefulRampDown = \"5s\"\n\
         stages = [{ duration = \"30s\", target = 20 }, { duration = \"90s\", target = 0 }]\n\
         [test.t.scenarios.rate]\nexec = \"order\"\nthink = \"1s\"\nrate = 30\ntimeUnit = \"1m\"\nduration = \"2m\"\npreAllocatedVUs = 5\nmaxVUs = 50\n\
         gracefulStop = \"3s\"\n\
         [test.t.scenarios.rramp]\nexecutor = \"ramping-arrival-rate\"\nexec = \"order\"\nthink = \"1s\"\nstartRate = 5\npreAllocatedVUs = 50\n\
         stages = [{ duration = \"30s\", target = 200 }]\n\
         [test.t.scenarios.steady]\nexec = \"browse\"\nthink = \"1s\"\nvus = 10\nduration = \"1m\"\n\
         [test.t.thresholds]\nhttp_req_duration = [\"p(95)<500\", \"p(99)<1500\"]\nhttp_req_failed = [\"rate<0.01\"]\n",
    );
    assert_eq!((&inspected.tests, &inspected.iterations), (&by_hand.tests, &by_hand.iterations));

    let own =
        load("[test.t]\nk6 = \"options_stages.json\"\niteration = \"order\"\nthresholds = { checks = \"rate>0.9\" }\n");
    let by_hand = load(
        "[test.t]\nstages = [{ duration = \"30s\", target = 20 }, { duration = \"1m\", target = 20 }]\niteration = \"order\"\n\
         thresholds = { checks = \"rate>0.9\" }\n",
    );
    assert_eq!(own.tests, by_hand.tests);
    let warned = load("[test.t]\nk6 = \"options_stages.json\"\niteration = \"order\"\n");
    assert_eq!(warned.tests[0].objectives.len(), 1);
    assert!(warned.warnings[0].contains("thresholds of \"errors\" are left out"), "{:?}", warned.warnings);
}

#[test]
fn replays_mean_something() {
    let model = load_model(&every_key(), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let replays: Vec<_> = model.tests[1].scenarios[3..].iter().collect();
    let of_log = |place: usize| {
        let scenario: &Scenario = replays[place];
        let Executor::Replay(replay) = &scenario.executor else { panic!("no replay") };
        let Recorded::Instants(instants) = &replay.recorded else { panic!("no instants") };
        let Move::Request { endpoint, .. } = model.iterations[scenario.iteration as usize].moves[0] else {
            panic!("no request")
        };
        let name = model.endpoints[endpoint as usize].name.as_str();
        (scenario.name.as_str(), name, instants.at_ns.clone(), replay.times, replay.duration())
    };
    // From 1 s to 5 s after the first request, at twice the speed; what is not mapped has the model's own name.
    let ms = |at: &[u64]| at.iter().map(|at| at * 1_000_000).collect::<Vec<u64>>();
    assert_eq!(of_log(0), ("d POST /orders", "POST /orders", ms(&[250, 1750]), 1.5, 2.0));
    assert_eq!(of_log(1), ("d GET /items/:id", "GET /items/:id", ms(&[0, 750]), 1.5, 2.0));
    let Executor::Replay(line) = &replays[2].executor else { panic!("no replay") };
    let stretch = |duration, rate| Stretch { duration, rate };
    let rates = [stretch(10.0, 5.0), stretch(20.0, 10.0), stretch(20.0, 0.0)];
    assert_eq!((&line.profile[..], line.times, line.duration()), (&rates[..], 1.0, 50.0));
    let expected = Recorded::Rates { rates: rates.into(), arrivals: ArrivalProcess::Even };
    assert_eq!((&line.recorded, replays.len()), (&expected, 3));
}

fn tier<'m>(model: &'m Model, name: &str) -> &'m Tier {
    model.tiers.iter().find(|tier| tier.name == name).expect("a tier")
}

#[test]
fn autoscalers_mean_something() {
    let model = load_model(&every_key(), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let pods = tier(&model, "pods");
    let scale = pods.autoscale.as_ref().expect("an autoscaler");
    assert_eq!((pods.count, scale.least, scale.most, scale.grace, scale.more_than(10)), (10, 10, 50, 45.0, 80));
    let nodes = scale.nodes.as_ref().expect("nodes");
    assert_eq!((nodes.count, nodes.hosts, nodes.most, &nodes.start_up), (3, 4, 10, &Law::constant(90.0)));
    let Controller::Hpa(hpa) = &scale.controller else { panic!("no hpa") };
    assert_eq!((hpa.cpu, hpa.requests), (Some(CpuTarget { percent: 70, request: 1.0 }), Some(40.0)));
    assert_eq!((hpa.up.window, hpa.up.select, hpa.down.window), (30.0, SelectPolicy::Min, 300.0));
    assert_eq!((hpa.down.select, hpa.down.policies[0].change), (SelectPolicy::Disabled, Change::Percent(100)));
    assert_eq!((hpa.up.policies[0].change, hpa.up.policies[1].every), (Change::Pods(4), 60.0));
    let edge = tier(&model, "edge");
    assert_eq!((edge.balancer, &edge.weights[..]), (Balancer::Weighted, &[3, 1, 1][..]));
    let Some(Controller::TargetTracking(tracking)) = edge.autoscale.as_ref().map(|scale| &scale.controller) else {
        panic!("no target tracking")
    };
    assert_eq!((tracking.cpu, tracking.requests, tracking.detailed), (Some(50.0), Some(1000.0), true));
    assert_eq!((tracking.delay, tracking.warm_up, tracking.scales_in), (60.0, 120.0, false));
    // Without cpu_request that is all a pod has.
    let text = std::fs::read_to_string(every_key()).expect("the model").replace("cpu_request = 1\n", "");
    let folder = every_key().parent().expect("a folder").to_owned();
    let model = load_model_text(&text, "every_key.toml", &folder, None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let Some(Controller::Hpa(hpa)) = tier(&model, "pods").autoscale.as_ref().map(|scale| &scale.controller) else {
        panic!("no hpa")
    };
    assert_eq!(hpa.cpu.map(|cpu| cpu.request), Some(2.0));
}

#[test]
fn poolers_and_replicas_mean_something() {
    let model = load_model(&every_key(), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let (reports, shop) = (&model.pools[1], &model.pools[3]);
    assert_eq!((reports.pooler, reports.database(), model.poolers[0].reserve), (Some(0), Some(0), Some((5, 5.0))));
    let Some(replication) = &model.databases[0].replication else { panic!("no replicas") };
    assert_eq!((replication.replicas, replication.balancer), (2, Balancer::LeastOutstanding));
    let replica = model.databases.iter().find(|database| database.name == "main replica 1");
    assert_eq!(replica.map(|replica| &replica.connect_cpu), Some(&Law::constant(0.002)));
    // The pooler has a further pool for each replica, and the pool that connects to it one of each.
    let Step::AtReplica { primary: 0, queries } = &model.endpoints[1].steps[1] else { panic!("no replica") };
    let Step::Query { pool, .. } = queries[1] else { panic!("no query") };
    let (reader, pooler) = (&model.pools[pool as usize], &model.poolers[2]);
    assert_eq!((reader.name.as_str(), reader.pooler, reader.database()), ("reports replica 2", Some(2), Some(4)));
    assert_eq!((pooler.name.as_str(), pooler.part_of, pooler.database), ("pgbouncer replica 2", Some(0), 4));
    assert_eq!((shop.max, shop.min, shop.opens), (10, 10, Opens::Shared));
    assert_eq!(shop.acquire_timeout, Some(Law::constant(5.0)));
    assert!(model.presets[0].contains("HikariCP") && !model.presets[0].contains("acquire_timeout"));
    assert_eq!(tier(&model, "worker").runtime, Runtime::Threads { limit: 200, backlog: Some(100) });
    let burst = tier(&model, "burst");
    // 27,292.6 and 29,069.8 iterations per second on two vCPUs each.
    assert!((burst.cores, burst.speed) == (2.0, 27_292.6 / 29_069.8), "{burst:?}");
    let credits = burst.host.credits.expect("burstable");
    assert_eq!((credits.baseline, credits.start, credits.most, credits.unlimited), (0.6, 30.0, 864.0, false));
    let rented = &model.databases[1];
    let credits = rented.host.credits.expect("burstable");
    assert_eq!((rented.cores, rented.max_connections, credits.surplus_price), (2.0, 901, 0.075));
    assert!(credits.unlimited);
}

#[test]
fn changes_are_made_in_their_order() {
    let max = |test: Option<&str>, variant: Option<&str>, sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let wanted = Wanted { test, variant, sets: &sets, ..Wanted::default() };
        load_model_for(&every_key(), wanted).unwrap_or_else(|p| panic!("{p}")).pools[0].max
    };
    assert_eq!(max(None, None, &[]), 20);
    assert_eq!(max(Some("peak"), None, &[]), 20);
    assert_eq!(max(Some("mixed"), None, &[]), 25);
    assert_eq!(max(Some("mixed"), Some("pool50"), &[]), 50);
    assert_eq!(max(Some("mixed"), Some("pool50"), &["pool.main.max=60", "pool.main.max=70"]), 70);
}

#[test]
fn what_is_left_out_means_what_it_means_in_k6() {
    let test = |keys: &str| {
        let text = format!("[tier.a]\ncores = 1\n[endpoint.\"GET /\"]\nsteps = []\n[test.t]\n{keys}\n");
        let model = load_model_text(&text, "dir/m.toml", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(model.name, "m");
        assert!(matches!(model.iterations[0].moves.as_slice(), [Move::Request { endpoint: 0, .. }]));
        model.tests[0].scenarios[0].clone()
    };
    let ramp = test("stages = [{ duration = \"1m\", target = 5 }]");
    assert_eq!(
        (ramp.name.as_str(), ramp.start, ramp.graceful_stop, ramp.request_timeout),
        ("default", 0.0, 30.0, 60.0)
    );
    let ramps = |scenario: plimsoll::model::Scenario| match scenario.executor {
        Executor::RampingVus { start_vus, graceful_ramp_down, .. } => (start_vus, graceful_ramp_down),
        other => panic!("{other:?}"),
    };
    assert_eq!(ramps(ramp), (1, 30.0));
    assert_eq!(ramps(test("vus = 7\nstages = [{ duration = \"1m\", target = 5 }]")), (7, 30.0));
    let constant = Executor::ConstantVus { vus: 1, duration: 60.0 };
    assert_eq!(test("duration = \"1m\"").executor, constant);
    let rate = test("rate = 120\ntimeUnit = \"1m\"\nduration = \"1m\"\npreAllocatedVUs = 5").executor;
    assert!(matches!(rate, Executor::ConstantArrivalRate { rate: 2.0, max_vus: 5, .. }), "{rate:?}");
}

#[test]
fn the_schema_knows_every_key_and_refuses_others() {
    let schema = schema();
    for text in [STARTER.to_owned(), std::fs::read_to_string(every_key()).expect("the model")] {
        let model: Value = toml::from_str(&text).expect("TOML");
        assert!(fits(&schema, &schema, &model), "not in the schema");
        for (from, to) in [
            ("max = ", "maxx = "),
            ("weight = ", "wait = "),
            ("stages = [", "stage = ["),
            ("cores = ", "cores = \"x\" #"),
        ] {
            let wrong: Value = toml::from_str(&text.replace(from, to)).expect("TOML");
            assert!(!fits(&schema, &schema, &wrong), "{to} is in the schema");
        }
    }
}

#[test]
fn the_reference_in_docs_is_the_one_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/model-language.md");
    let reference = plimsoll::spec::reference::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &reference).expect("written");
    }
    assert_eq!(std::fs::read_to_string(file).expect("the reference"), reference, "run with UPDATE_DOCS=1");
}

/// Connections that are open from the start and that the database does not accept: a word of warning with
/// its place, since a real system starts all the same.
#[test]
fn too_many_connections_from_the_start_are_told() {
    let model = |processes: u32, other: u32| {
        let text = format!(
            "[tier.app]\ncores = 2\nprocesses = {processes}\n[database.main]\ncores = 2\nmax_connections = 45\nreserved = 5\n\
             [pool.main]\nmax = 20\nmin = 10\n[pool.other]\nscope = \"total\"\nmax = 20\nmin = {other}\n\
             [endpoint.a]\nsteps = [{{ query = \"q\", pool = \"main\", time = \"1ms\" }}]\n[test.t]\nvus = 1\nduration = \"1s\"\n"
        );
        load_model_text(&text, "shop.toml", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"))
    };
    assert_eq!(model(4, 0).warnings, Vec::<String>::new());
    let alone = "shop.toml:10:7: min opens 10 x 5 connections at the start, and database \"main\" accepts 40";
    assert_eq!(model(5, 0).warnings, [alone]);
    let together = "shop.toml:14:7: min opens 1 x 1 connections at the start with the 40 of other pools, and database \"main\" accepts 40";
    assert_eq!(model(4, 1).warnings, [together]);
    assert_eq!(model(5, 1).warnings, [alone]);
    // Clients of a pooler are none of the database.
    let text = "[tier.app]\ncores = 2\n[database.main]\ncores = 2\nmax_connections = 40\n[pooler.p]\n\
                [pool.main]\npooler = \"p\"\nmax = 90\nmin = 90\n[endpoint.a]\nsteps = [{ query = \"q\", time = \"1ms\" }]\n\
                [test.t]\nvus = 1\nduration = \"1s\"\n";
    let behind = load_model_text(text, "shop.toml", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(behind.warnings, Vec::<String>::new());
}

/// As much of JSON Schema as ours uses.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().expect("a name");
        return fits(root, &root["$defs"][name], value);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().any(|form| fits(root, form, value));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        other => panic!("a schema without type: {other}"),
    };
    types.iter().any(|kind| match (*kind, value) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("array", Value::Array(items)) => {
            schema.get("items").is_none_or(|schema| items.iter().all(|item| fits(root, schema, item)))
        }
        ("object", Value::Object(entries)) => object_fits(root, schema, entries),
        _ => false,
    })
}

fn object_fits(root: &Value, schema: &Value, entries: &serde_json::Map<String, Value>) -> bool {
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    required.iter().all(|key| key.as_str().is_some_and(|key| entries.contains_key(key)))
        && entries.iter().all(|(key, value)| match schema["properties"].get(key) {
            Some(schema) => fits(root, schema, value),
            None => match &schema["additionalProperties"] {
                Value::Bool(free) => *free,
                Value::Null => true,
                schema => fits(root, schema, value),
            },
        })
}

proptest! {
    /// Whatever happens to the text of a model, the answer is a model or problems that can be shown.
    #[test]
    fn no_mutation_panics(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..20, any::<prop::sample::Index>()), 1..6),
        set in "(pool|tier|test|endpoint)\\.(main|app|peak|\"GET /items\")(\\.|\\[)[a-zA-Z0-9_\\]\\.=\"]{0,12}=[0-9a-z\\[\\{\"%.-]{0,6}",
    ) {
        const PIECES: &[&str] = &[
            "\"", "[", "]", "{", "}", "=", "\n", "0", "-1", "1e999", "nan", ".", "max", "\"1GB\"", "[[", "steps", "🙂", "\u{0}", "#", "..",
        ];
        let mut text: Vec<char> = STARTER.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, PIECES[piece.index(PIECES.len())].chars());
        }
        let text: String = text.into_iter().collect();
        for (text, sets) in [(text.as_str(), vec![]), (STARTER, vec![set])] {
            if let Err(problems) = load_model_text(text, "shop.toml", Path::new(""), None, &sets) {
                prop_assert!(!problems.render(true).is_empty() && !problems.render(false).is_empty());
            }
        }
    }
}
