//! `plimsoll catalog`.

use std::path::Path;

use serde::Serialize;

use super::args::{CatalogArgs, Format, Sort};
use super::exit::Exit;
use super::output::{complain, csv, formatted, only, print, say};
use super::run::json;
use crate::present::catalog_page::{catalog_page, catalog_table, type_page, type_table};
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::spec::text;
use crate::study::catalog::{
    Filter, Listing, Order, Sheet, TypeSheet, in_family, instead_of, listing, type_sheets, with_own_rows,
};

pub(super) fn catalog(args: &CatalogArgs) -> Exit {
    match answered(args) {
        Ok(text) => match print(&text) {
            Ok(()) => Exit::Done,
            Err(problem) => complain(&only(problem)),
        },
        Err(problems) => complain(&problems),
    }
}

/// Everything of one type, for JSON.
#[derive(Serialize)]
struct Shown<'a> {
    types: &'a [TypeSheet],
}

fn answered(args: &CatalogArgs) -> Result<String, Problems> {
    let catalogue = with_own_rows(&own(args)?)?;
    if let Some(name) = &args.show {
        let found = type_sheets(&catalogue, name);
        if found.is_empty() {
            return Err(no_type(name, instead_of(&catalogue, &Sheet::ALL, name)));
        }
        return Ok(formatted(
            args.format,
            || type_page(&found),
            || json(&Shown { types: &found }),
            || csv(&type_table(&found)),
        ));
    }
    let (sheets, pattern) = wanted(args)?;
    if let Some(name) = pattern.filter(|name| !name.contains(['*', '?'])) {
        let instead = instead_of(&catalogue, &sheets, name);
        if instead.is_some() {
            return Err(no_type(name, instead));
        }
    }
    let all = listing(&catalogue, &sheets, &[], None);
    known_families(args, &all)?;
    let order = args.sort.map(|sort| match sort {
        Sort::Price => Order::Price,
        Sort::Vcpu => Order::Vcpu,
        Sort::Memory => Order::Memory,
        Sort::Name => Order::Name,
    });
    let filters = filters(args, pattern);
    if sheets == [Sheet::Storage] && (!filters.is_empty() || order.is_some()) {
        let problem = Problem::whole("storage", "is no list of instance types, and cannot be filtered or sorted");
        return Err(only(problem.with_hint("plimsoll catalog storage")));
    }
    let found = listing(&catalogue, &sheets, &filters, order);
    // The other forms say it themselves.
    if let (Some(why), Format::Csv) = (&found.empty, args.format) {
        say(why);
    }
    Ok(formatted(args.format, || catalog_page(&found), || json(&found), || csv(&catalog_table(&found))))
}

/// The sheets asked for, and the pattern of names.
fn wanted(args: &CatalogArgs) -> Result<(Vec<Sheet>, Option<&str>), Problems> {
    let pattern = args.pattern.as_deref();
    let Some(word) = args.sheet.as_deref() else { return Ok((Sheet::ALL.to_vec(), None)) };
    match Sheet::from_word(word) {
        Some(sheet) => Ok((vec![sheet], pattern)),
        // A name alone.
        None if pattern.is_none() && word.contains(['.', '*', '?']) => Ok((Sheet::ALL.to_vec(), Some(word))),
        None => Err(no_sheet(word)),
    }
}

fn filters(args: &CatalogArgs, pattern: Option<&str>) -> Vec<Filter> {
    let families = (!args.family.is_empty()).then(|| Filter::Families(args.family.clone()));
    let each = [
        pattern.map(|pattern| Filter::Pattern(pattern.to_owned())),
        families,
        args.arch.clone().map(Filter::Arch),
        args.min_vcpu.map(Filter::MinVcpu),
        args.max_vcpu.map(Filter::MaxVcpu),
        args.min_memory.map(Filter::MinMemory),
        args.max_price.map(Filter::MaxPrice),
    ];
    each.into_iter().flatten().collect()
}

/// Refuses a family that no type is of.
fn known_families(args: &CatalogArgs, all: &Listing) -> Result<(), Problems> {
    let unknown = |family: &&String| !all.types.iter().any(|row| in_family(&row.name, family));
    let problems = args.family.iter().filter(unknown).map(|family| {
        let mut families: Vec<&str> =
            all.types.iter().filter_map(|row| row.name.rsplit_once('.')?.0.rsplit('.').next()).collect();
        families.sort_unstable();
        families.dedup();
        let problem = Problem::whole("--family", format!("no type is of the family {}", quoted(family)));
        problem.with_hint(suggest(family, "family", families))
    });
    Problems::of(problems.collect()).map_or(Ok(()), Err)
}

/// The files of own rows: sheet, name and text.
fn own(args: &CatalogArgs) -> Result<Vec<(Sheet, String, String)>, Problems> {
    let mut files = Vec::new();
    for written in &args.file {
        let Some((word, file)) = written.split_once('=') else {
            let problem = Problem::whole("--file", format!("{} is no SHEET=FILE", quoted(written)));
            return Err(only(problem.with_hint("write ec2=machines.csv")));
        };
        let sheet = Sheet::from_word(word).ok_or_else(|| no_sheet(word))?;
        files.push((sheet, file.to_owned(), text::read_file(Path::new(file))?));
    }
    Ok(files)
}

fn no_sheet(word: &str) -> Problems {
    let problem = Problem::whole("catalog", format!("there is no sheet {}", quoted(word)));
    only(problem.with_hint(suggest(word, "sheet", Sheet::ALL.map(Sheet::word))))
}

fn no_type(name: &str, instead: Option<String>) -> Problems {
    let problem = Problem::whole("catalog", format!("there is no type {}", quoted(name)));
    only(match instead {
        Some(instead) => problem.with_hint(instead),
        None => problem,
    })
}
