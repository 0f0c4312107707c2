//! What axe-core (<https://github.com/dequelabs/axe-core>, MPL-2.0) finds wrong with the pages for those who do not see or
//! point. It is not part of this repository: `.ci/run` fetches it, and `AXE` may name a file that has it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::browser::Browser;
use super::server::Server;

/// Serious and critical findings as "id: what: where".
const FOUND: &str = "return axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations
    .filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => one.id + ': ' + one.help + ': ' + one.nodes.slice(0, 3).map(node => node.html).join(' | ')))";

/// The text of axe-core, and a browser; `None`, and said, where one of them is missing.
fn tools() -> Option<(String, Browser)> {
    let beside = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("axe.min.js");
    let axe = std::env::var_os("AXE").map_or(beside, PathBuf::from);
    let Ok(axe) = std::fs::read_to_string(&axe) else {
        super::skipped(&format!("no axe-core at {} to look for barriers; .ci/run fetches it", axe.display()));
        return None;
    };
    let browser = Browser::start();
    if browser.is_none() {
        super::skipped("no chromium with chromedriver on this machine to look for barriers; .ci/run installs it");
    }
    Some((axe, browser?))
}

/// Looks at what is open, light and dark.
fn assert_without_barriers(browser: &Browser, axe: &str) {
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        let is_so = browser.run(&format!("return matchMedia('(prefers-color-scheme: {scheme})').matches"));
        assert_eq!(is_so, true, "{scheme}");
        browser.run(axe);
        let found = browser.run(FOUND);
        assert_eq!(found, json!([]), "{scheme}: {found:#}");
    }
}

#[test]
fn axe_finds_no_barrier_in_a_report() {
    let Some((axe, browser)) = tools() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.html");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/whatsapp.toml");
    command.args(["report", model, "--replications", "2", "--quiet", "--output"]).arg(&file);
    let ran = command.output().expect("it runs");
    assert_ne!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
    browser.open(&format!("file://{}", file.display()));
    assert_without_barriers(&browser, &axe);
}

#[test]
fn axe_finds_no_barrier_in_the_page() {
    let Some((axe, browser)) = tools() else { return };
    let server = Server::start(&[]);
    browser.open(&format!("http://{}/", server.address));
    browser.until("return document.getElementById('answer').dataset.step === 'done'");
    assert_without_barriers(&browser, &axe);
}

/// It would be no use if it found nothing in anything.
#[test]
fn axe_finds_a_barrier_where_there_is_one() {
    let Some((axe, browser)) = tools() else { return };
    browser.open(
        "data:text/html,<html lang=en><title>t</title><main><h1 style='color:%23bbb'>pale</h1><img src=''></main>",
    );
    browser.run(&axe);
    let found = browser.run(FOUND);
    let ids: Vec<&str> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for id in ["color-contrast", "image-alt"] {
        assert!(ids.iter().any(|found| found.starts_with(id)), "{id}: {found}");
    }
}
