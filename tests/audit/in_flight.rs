//! Requests in flight, single codes and statements, on contradictions made by hand.

use std::path::Path;

use plimsoll::model::Role;
use plimsoll::model::resolve::load_model_text;
use plimsoll::recording::Recording;
use plimsoll::study::audit::{AuditReport, Case, Sureness, audit};

use super::hand_made::{MODEL, alone, finds, recording, silent};
use Sureness::{Contradiction, Doubtful};

/// With threads, which give a connection back at once.
fn threaded(recording: &Recording) -> AuditReport {
    let text = MODEL.replacen("cores = 4", "cores = 4\nruntime = { threads = 40 }", 1);
    let model = load_model_text(&text, "model", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let planned = Some((&model, &model.tests[0], Role::Validate));
    audit(None, &[], &[Case { recording, planned, system: None }])
}

/// 41 per second that take 100 ms each are 4 in flight.
#[test]
fn requests_in_flight_are_rate_times_time() {
    let law = "Little's law of requests";
    let with = |rows: &[&str]| {
        let known = ["http_reqs,,count,,,12345,1", "http_reqs,,rate,,,41.15,1/s", "http_req_duration,,avg,,,101.2,ms"];
        recording(&[known.as_slice(), &["http_req_duration,,max,,,512.3,ms"], rows].concat())
    };
    silent(&alone(&with(&["requests_in_flight,app,avg,,,4.15,1"])));
    silent(&alone(&with(&["requests_in_flight,app,avg,,,3.15,1", "threads_active,app,avg,,,1.15,1"])));
    // The count over the time that it took is less sure than the rate; that time is the count over the rate.
    let (shortest, longest) = (12344.5 / 41.155, 12345.5 / 41.145);
    let (least, most) = (12344.5 / longest * 0.10115, 12345.5 / shortest * 0.10125);
    // At the end some are under way: twice the mean where nobody says how many, for as long as the longest took.
    let edges = 2.0 * most * 0.51235 / shortest;
    let above = most * 1.05 + 0.5 + edges;
    finds(&alone(&with(&["requests_in_flight,app,avg,,,9.15,1"])), law, Doubtful, 9.145 / above);
    finds(&alone(&with(&["threads_active,app,avg,,,9.15,1"])), law, Doubtful, 9.145 / above);
    let below = least * 0.5 - 0.5 - edges;
    finds(&alone(&with(&["requests_in_flight,app,avg,,,1.15,1"])), law, Doubtful, below / 1.155);
    // Who gave up may still be worked on.
    silent(&alone(&with(&["requests_in_flight,app,avg,,,9.15,1", "errors,client_timeout,count,,,12,1"])));
}

#[test]
fn codes_are_in_their_class_and_failing_answers_are_failures() {
    let with = |rows: &[&str]| {
        let known = ["http_reqs,,count,,,4555,1", "http_status,2xx,count,,,4321,1", "http_status,5xx,count,,,234,1"];
        recording(&[known.as_slice(), rows].concat())
    };
    silent(&alone(&with(&["http_status,503,count,,,211,1", "http_status,504,count,,,23,1", "errors,,count,,,234,1"])));
    let over = with(&["http_status,503,count,,,251,1", "http_status,504,count,,,23,1"]);
    finds(&alone(&over), "a code is in its class", Contradiction, 273.0 / 234.5);
    let law = "failing answers are failed requests";
    finds(&alone(&with(&["errors,,count,,,151,1"])), law, Doubtful, 233.5 / 151.5);
    finds(&alone(&with(&["errors,,count,,,451,1"])), law, Doubtful, 450.5 / (234.5 + 4555.5 - 4320.5 - 233.5));
}

/// Each request to `a` runs `q` once, each to `b` runs `r`.
#[test]
fn statements_are_those_of_the_requests() {
    let law = "statements = requests x statements per request";
    let with = |rows: &[&str]| {
        let known = [
            "http_reqs,,count,,,1131,1",
            "http_reqs,a,count,,,567,1",
            "http_reqs,b,count,,,564,1",
            "requests_in_flight,app,max,,,3,1",
            "errors,,count,,,3,1",
        ];
        recording(&[known.as_slice(), rows].concat())
    };
    silent(&threaded(&with(&["query_count,q,count,,,567,1", "query_count,r,count,,,566,1"])));
    finds(&threaded(&with(&["query_count,q,count,,,678,1"])), law, Doubtful, 677.5 / (567.5 + 3.5));
    finds(&threaded(&with(&["query_count,r,count,,,432,1"])), law, Doubtful, (563.5 - 3.5) / 432.5);
}

/// What holds a connection for single statements holds it for their time.
#[test]
fn connections_are_held_by_statements_alone() {
    let law = "statements hold connections";
    let with = |row: &str| {
        let known = [
            "query_count,q,count,,,3051,1",
            "query_count,r,count,,,3053,1",
            "query_duration,q,avg,,,41.2,ms",
            "query_duration,r,avg,,,61.2,ms",
        ];
        recording(&[known.as_slice(), &[row]].concat())
    };
    silent(&threaded(&with("connections_active,main,avg,,,5.25,1")));
    let busy = (3051.5 * 0.04125 + 3053.5 * 0.06125) / 60.0;
    let found = threaded(&with("connections_active,main,avg,,,8.15,1"));
    finds(&found, law, Doubtful, 8.145 / (busy * 1.25 + 0.5));
}
