//! A recommendation as sentences.

use super::number::{self, share};
use crate::study::recommend::answer::{Change, Launch, Months, NEAREST, Recommendation, SystemRow, TestRow, Upgrade};

/// The answer first, then what it costs, what limits and what lies beside it.
#[must_use]
pub fn sentences(answer: &Recommendation) -> Vec<String> {
    let find = |name: &str| answer.options.iter().find(|option| option.name == name);
    let Some(today) = find("today") else { return Vec::new() };
    let mut said = match find("recommended") {
        Some(best) => vec![recommended(answer, today, best), credits(answer, best), limits(answer, best), next(answer)],
        None => nothing(answer),
    };
    said.extend(growth(answer));
    said.extend(find("recommended").iter().flat_map(|best| &best.caveats).map(|caveat| format!("Mind: {caveat}.")));
    said.extend(launch(answer));
    let aside = answer.left_out.iter().map(|left| {
        format!(
            "No size of anything mends {} in test {}: with the most of everything it holds in {} of tests, and is as far \
             from its bound as today. What follows leaves this test aside.",
            left.objective,
            left.test,
            share(left.probability)
        )
    });
    said.splice(0..0, aside);
    for beside in
        answer.options.iter().filter(|option| !matches!(option.name.as_str(), "today" | "recommended" | NEAREST))
    {
        said.push(format!(
            "{} costs {} a month and keeps all objectives in {} of tests{}.",
            beside.name,
            money(beside.cost_per_month),
            share(beside.probability),
            failing(beside, answer.promise),
        ));
    }
    if !today.unpriced.is_empty() {
        said.push(format!("No price is known of {}: costs are without them.", today.unpriced.join(", ")));
    }
    said.retain(|sentence| !sentence.is_empty());
    said
}

fn recommended(answer: &Recommendation, today: &SystemRow, best: &SystemRow) -> String {
    let changed = answer.knobs.iter().filter(|knob| knob.recommended != knob.today);
    let changes: Vec<String> = changed
        .filter_map(|knob| {
            let from = knob.today.as_ref().map_or(String::new(), |today| format!(" instead of {today}"));
            Some(format!("{} = {}{from}", knob.path, knob.recommended.as_ref()?))
        })
        .collect();
    let promise = format!(
        "all objectives hold in {} of tests ({} to {}; asked: {})",
        share(best.probability),
        share(best.probability_low),
        share(best.probability_high),
        share(answer.promise)
    );
    let before = format!("today in {}, at {}", share(today.probability), money(today.cost_per_month));
    if changes.is_empty() {
        return format!(
            "Change nothing: {promise}, at {} a month; nothing cheaper passes.",
            money(best.cost_per_month)
        );
    }
    format!(
        "The cheapest that passes: {}. At {} a month {promise}; {before}.",
        changes.join(", "),
        money(best.cost_per_month)
    )
}

fn credits(answer: &Recommendation, best: &SystemRow) -> String {
    if best.surplus_per_month < 0.005 {
        return String::new();
    }
    format!(
        "Of that {} are for CPU credits beyond those earned, if the load of test {} lasts all month.",
        money(best.surplus_per_month),
        answer.month
    )
}

fn growth(answer: &Recommendation) -> Option<String> {
    let growth = answer.growth.as_ref()?;
    let when = |months: Option<Months>| match months {
        Some(Months { high, .. }) if high <= 0.0 => "is too small already".to_owned(),
        Some(Months { low, high }) => format!("lasts {low:.1} to {high:.1} months"),
        None => "does not run out at any load that was tried".to_owned(),
    };
    let today = if growth.months > 0 && growth.today.is_none() {
        String::new()
    } else {
        format!("; the system of today {}", when(growth.today))
    };
    let had = match growth.months {
        0 => String::new(),
        months => format!(" (tests have the load of {months} months from now)"),
    };
    let answer = if answer.is_found() { when(growth.answer) } else { "is not found".to_owned() };
    Some(format!("At {} more load each month what is recommended {answer}{today}{had}.", share(growth.per_month)))
}

fn launch(answer: &Recommendation) -> Vec<String> {
    let one = |launch: &Launch| {
        let busiest = launch.busiest()?;
        Some(format!(
            "The busiest hour of the launch, {}, brings {} users: {} iterations/s of {} s each, so {} users at once in test {}.",
            busiest.hour,
            number::plain(busiest.users),
            number::plain(busiest.iterations_per_s),
            number::plain(launch.iteration_s),
            number::plain(busiest.vus),
            launch.test
        ))
    };
    answer.launch.iter().filter_map(one).collect()
}

fn limits(answer: &Recommendation, best: &SystemRow) -> String {
    let counts = |row: &&TestRow| answer.left_out.iter().all(|left| left.test != row.test);
    let rarer = |a: &&TestRow, b: &&TestRow| b.probability.total_cmp(&a.probability);
    let nearest = best.tests.iter().filter(counts).max_by(|a, b| rarer(a, b).then(a.excess.total_cmp(&b.excess)));
    let Some(row) = nearest else { return String::new() };
    let part = row.slow.as_ref().and_then(|slow| slow.parts.first());
    let slow = part
        .map_or(String::new(), |part| format!(" A p95 request there spends {} on {}.", share(part.share), part.what));
    format!(
        "Nearest to its bound is {} in test {} ({}); what would limit first is {}, {} used.{slow}",
        row.nearest,
        row.test,
        number::relative(row.excess),
        row.limits,
        share(row.utilisation),
    )
}

fn next(answer: &Recommendation) -> String {
    let Some(next) = &answer.next else { return String::new() };
    match next.breaks {
        None => format!("Up to {} times the load of test {} nothing breaks.", number::plain(next.carries), next.test),
        Some(breaks) => format!(
            "What breaks next is {} in test {}, between {} and {} times its load: there {} is {} used.",
            next.objective,
            next.test,
            number::plain(next.carries),
            number::plain(breaks),
            next.limits,
            share(next.utilisation),
        ),
    }
}

fn failing(option: &SystemRow, promise: f64) -> String {
    let fails = option.tests.iter().filter(|row| row.probability < promise);
    let texts: Vec<String> = fails.map(|row| format!("{} misses {}", row.test, row.nearest)).collect();
    if texts.is_empty() { String::new() } else { format!(": {}", texts.join(", ")) }
}

fn nothing(answer: &Recommendation) -> Vec<String> {
    let Some(nothing) = &answer.nothing else {
        return vec!["No configuration is within the budget.".into()];
    };
    let values: Vec<String> =
        answer.knobs.iter().zip(&nothing.values).map(|(knob, value)| format!("{} = {value}", knob.path)).collect();
    let missed = format!(
        "Nothing passes. What comes nearest is {} ({} a month): it misses {} in test {} by {}.",
        values.join(", "),
        money(nothing.cost_per_month),
        nothing.objective,
        nothing.test,
        number::relative(nothing.excess),
    );
    let proof = match &nothing.proof {
        Some(proof) => format!("No configuration can keep {proof}."),
        None if answer.searched.affordable < answer.searched.configurations => {
            "Others cost more than the budget.".into()
        }
        None => "No bound proves that nothing can: wider ranges may help.".into(),
    };
    vec![missed, proof]
}

/// What a change is worth.
#[must_use]
pub fn change_words(change: &Change) -> String {
    let gain = &change.p95_gain;
    let what = if gain.mean_low > 0.0 {
        format!("takes {} off p95", with_interval(change.p95_gain.value, gain.mean_low, gain.mean_high))
    } else if gain.mean_high < 0.0 {
        format!("adds {} to p95", with_interval(-gain.value, -gain.mean_high, -gain.mean_low))
    } else {
        "does not certainly change p95".to_owned()
    };
    format!(
        "{} = {} {what} in test {}; without it all its objectives hold in {} of tests. {}.",
        change.path,
        change.to,
        change.test,
        share(change.probability_without),
        costs(change.cost_per_month),
    )
}

/// What more of a knob would give.
#[must_use]
pub fn upgrade_words(upgrade: &Upgrade) -> String {
    let gain = &upgrade.p95_gain;
    let what = if let Some(broken) = &upgrade.breaks {
        format!("breaks {broken}")
    } else if upgrade.buys {
        format!("takes {} off p95", with_interval(gain.value, gain.mean_low, gain.mean_high))
    } else if gain.mean_high < 0.0 {
        format!("makes p95 worse by {}", with_interval(-gain.value, -gain.mean_high, -gain.mean_low))
    } else {
        "buys nothing".to_owned()
    };
    let used = match (&upgrade.resource, upgrade.utilisation) {
        (Some(resource), Some(used)) if used.is_finite() => format!(": {resource} is {} used", share(used)),
        _ => String::new(),
    };
    format!(
        "{} = {} {what} in test {}{used}. {}.",
        upgrade.path,
        upgrade.to,
        upgrade.test,
        costs(upgrade.cost_per_month)
    )
}

fn with_interval(value: f64, low: f64, high: f64) -> String {
    number::interval(value, low, high, "ms")
}

fn costs(per_month: f64) -> String {
    match per_month {
        cost if cost.abs() < 0.005 => "It costs nothing".to_owned(),
        cost if cost < 0.0 => format!("It saves {} a month", money(-cost)),
        cost => format!("It costs {} a month", money(cost)),
    }
}

/// "$142.50", "$1,204".
#[must_use]
pub fn money(usd: f64) -> String {
    if usd.abs() < 1000.0 { format!("${usd:.2}") } else { format!("${}", number::plain(usd.round())) }
}
