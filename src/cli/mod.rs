//! The command line: words in, words out. The only place that prints.
//!
//! Results go to stdout, everything else to stderr, so that output can be piped. One file per command.

mod alarms;
mod args;
mod args_audit;
mod args_buying;
mod args_fit;
mod args_paired;
mod args_plot;
mod args_report;
mod args_screen;
mod args_serve;
mod array_job;
mod audit;
mod bridge;
mod capacity;
mod catalog;
mod charts;
mod check;
mod compare;
mod decide;
mod demo;
mod estimate;
mod exit;
mod fit;
mod fit_loop;
mod future;
mod init;
mod inspect;
mod knobs;
mod laboratory;
mod load;
mod man;
mod merge;
mod output;
mod plot;
mod plot_hits;
mod prices;
mod progress;
mod recommend;
mod report;
mod report_command;
mod report_evidence;
mod results_file;
mod run;
mod serve;
mod sweep;
mod watch;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
pub use exit::Exit;
pub use merge::{Text, merged_lines};

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; clap prints both to the right place.
            let code = error.exit_code();
            let _ = error.print();
            return if code == 0 { Exit::Done } else { Exit::Usage };
        }
    };
    match arguments.command {
        Command::Run(run) => run::run(&run),
        Command::Check(check) => check::check(&check),
        Command::Audit(audit) => audit::audit(&audit),
        Command::Alarms(alarms) => alarms::alarms(&alarms),
        Command::Capacity(capacity) => capacity::capacity(&capacity),
        Command::Compare(compare) => compare::compare(&compare),
        Command::Decide(decide) => decide::decide(&decide),
        Command::Plot(args) => plot::plot(&args),
        Command::Report(report) => report::report(&report),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Fit(args) => fit::fit(&args),
        Command::Sweep(sweep) => sweep::sweep(&sweep),
        Command::Catalog(catalog) => catalog::catalog(&catalog),
        Command::Recommend(args) => recommend::recommend(&args),
        Command::Merge(merge) => merge::merge(&merge),
        Command::Serve(args) => serve::serve(&args),
        Command::Init(init) => init::init(&init),
        Command::Demo(args) => demo::demo(&args),
        Command::Man(args) => man::man(&args),
        Command::Schema => print(&format!("{:#}\n", crate::spec::schema::schema())),
        Command::Completions { shell } => {
            let mut bytes = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "plimsoll", &mut bytes);
            print(&String::from_utf8_lossy(&bytes))
        }
    }
}

fn print(text: &str) -> Exit {
    match output::print(text) {
        Ok(()) => Exit::Done,
        Err(problem) => output::complain(&output::only(problem)),
    }
}
