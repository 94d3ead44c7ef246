//! `cargo xtask programs`: runs generated programs on both sides and prints what became of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use relift_programs::{Judged, Program, Survey, grammar, judged};

const USAGE: &str =
    "usage: programs --seeds A..B [--save FOLDER] | --print SEED | [--explain] FILE...
RELIFT_CACHE names the folder the Python environment is kept in.";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            let _ = writeln!(std::io::stderr(), "{what}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let mut arguments = std::env::args().skip(1);
    let mut programs = Vec::new();
    let mut save = None;
    let mut files = false;
    let mut explain = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--seeds" => {
                let range = value()?;
                let (first, end) = range.split_once("..").ok_or(USAGE)?;
                let number = |text: &str| text.parse::<u64>().map_err(|_| USAGE.to_owned());
                programs.extend((number(first)?..number(end)?).map(grammar::generate));
            }
            "--print" => {
                let seed = value()?.parse().map_err(|_| USAGE.to_owned())?;
                print(&grammar::generate(seed).text());
                return Ok(true);
            }
            "--explain" => explain = true,
            "--save" => save = Some(PathBuf::from(value()?)),
            file if !file.starts_with('-') => {
                let text =
                    std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
                programs.push(Program::parse(file, &text)?);
                files = true;
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    if programs.is_empty() {
        return Err(USAGE.to_owned());
    }
    let python = relift_programs::python_of_environment()?;
    // A panic is an answer here; its text goes into the report.
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let judged = judged(&programs, threads, &python)?;
    if explain {
        for program in &programs {
            explained(program)?;
        }
    }
    if files {
        for one in &judged {
            print(&format!(
                "{}: {:?}\n  raised {:?}\n  guarded {:?}\n",
                one.program.name, one.verdict.lifted, one.verdict.raised, one.verdict.guarded
            ));
        }
    }
    print(&Survey::of(&judged).text());
    let mut sound = true;
    for one in judged.iter().filter(|one| one.verdict.fault.is_some()) {
        sound = false;
        report(one, save.as_deref())?;
    }
    Ok(sound)
}

/// The dataflow and the SQL of a program.
fn explained(program: &Program) -> Result<(), String> {
    // Of a release all constructs mean the same in.
    let found = relift_programs::understand(program, &relift_programs::workspace(), "3.40.1")?;
    if let Ok(understood) = found {
        print(&format!("{}\n", understood.flow));
        for (name, sql) in &understood.rewrite.files {
            print(&format!("-- {name}\n{sql}\n"));
        }
    }
    Ok(())
}

fn report(judged: &Judged, save: Option<&Path>) -> Result<(), String> {
    let Some((program, fault)) = &judged.shrunk else {
        return Ok(());
    };
    print(&format!(
        "\n==== {}: {fault}\n{}",
        judged.program.name,
        program.text()
    ));
    if let Some(folder) = save {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let name = judged.program.name.replace([' ', '/'], "_");
        let file = folder.join(format!("{name}.program"));
        std::fs::write(&file, program.text()).map_err(|error| error.to_string())?;
        print(&format!("saved as {}\n", file.display()));
    }
    Ok(())
}

fn print(text: &str) {
    // Nobody may be listening any more.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
