//! What a confined process cannot do, each with the same attempt succeeding outside.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use relift_sandbox::{Confined, Confinement, IsolationLevel, Limits};

fn confinement(staging: &Path) -> Confinement {
    Confinement {
        read: Confinement::system_folders(),
        write: vec![staging.to_owned()],
        environment: Confinement::fixed_environment(),
        limits: Limits {
            file_bytes_max: Some(1 << 20),
            open_files_max: Some(64),
            ..Limits::default()
        },
        dies_with_thread: true,
        ..Confinement::default()
    }
}

fn shell(staging: &Path, script: &str) -> Confined {
    confinement(staging)
        .spawn(Path::new("/bin/sh"), |command| {
            command
                .arg("-c")
                .arg(script)
                .current_dir(staging)
                .stdout(Stdio::piped());
        })
        .expect("the shell starts")
}

fn output(mut process: Confined) -> (bool, String) {
    let mut text = String::new();
    process
        .child
        .stdout
        .take()
        .expect("stdout is piped")
        .read_to_string(&mut text)
        .expect("the output is text");
    (process.child.wait().expect("it ends").success(), text)
}

fn outside(script: &str) -> bool {
    Command::new("/bin/sh")
        .arg("-c")
        .arg(script)
        .stdout(Stdio::null())
        .status()
        .expect("the shell starts")
        .success()
}

#[test]
fn a_sealed_folder_is_readable_outside_and_not_inside() {
    let folder = tempfile::tempdir().expect("a folder");
    let (staging, sealed) = (folder.path().join("staging"), folder.path().join("sealed"));
    fs::create_dir(&staging).expect("a folder");
    fs::create_dir(&sealed).expect("a folder");
    fs::write(sealed.join("key.toml"), "answer = 42").expect("a file");
    let key = sealed.join("key.toml");
    let attempts = [
        format!("cat {}", key.display()),
        format!("ls {}", sealed.display()),
        "cat ../sealed/key.toml".to_owned(),
        format!("ln -s {} link && cat link", key.display()),
        format!("ln {} hard && cat hard", key.display()),
        format!("cat /proc/self/root{}", key.display()),
        format!("echo x >> {}", key.display()),
        format!("rm {}", key.display()),
    ];
    if Confinement::level() < IsolationLevel::Files {
        return; // the level says so itself, and a test cannot add the layer
    }
    for attempt in &attempts {
        let (succeeded, text) = output(shell(&staging, attempt));
        assert!(!succeeded && !text.contains("42"), "{attempt}: {text}");
        let _ = fs::remove_file(staging.join("link"));
    }
    for attempt in &attempts {
        assert!(
            outside(&format!("cd {} && {attempt}", staging.display())),
            "{attempt} fails outside too"
        );
    }
}

#[test]
fn a_hidden_folder_does_not_even_show_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (staging, sealed) = (folder.path().join("staging"), folder.path().join("sealed"));
    fs::create_dir(&staging).expect("a folder");
    fs::create_dir(&sealed).expect("a folder");
    fs::write(sealed.join("key.toml"), "answer = 42").expect("a file");
    if Confinement::level() < IsolationLevel::Namespaces {
        return;
    }
    let attempt = format!("stat {}/key.toml", sealed.display());
    let run = |hidden: Vec<PathBuf>| {
        let mut process = Confinement {
            hidden,
            ..confinement(&staging)
        };
        // As when a folder of source text holds what is sealed.
        process.read.push(folder.path().to_owned());
        let process = process.spawn(Path::new("/bin/sh"), |command| {
            command.arg("-c").arg(&attempt).stdout(Stdio::piped());
        });
        output(process.expect("the shell starts")).0
    };
    assert!(
        run(Vec::new()),
        "without hiding, what is inside of a readable folder shows"
    );
    assert!(!run(vec![sealed.clone()]));
    assert!(sealed.join("key.toml").exists(), "nothing changed outside");
}

#[test]
fn staging_is_writable_and_the_environment_is_fixed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (succeeded, text) = output(shell(
        folder.path(),
        "mkdir a && echo hi > a/b && cat a/b && env",
    ));
    assert!(succeeded, "{text}");
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "hi");
    assert!(
        lines.contains(&"TZ=UTC") && lines.contains(&"PYTHONHASHSEED=0"),
        "{text}"
    );
    assert!(!text.contains("CARGO"), "{text}");
}

#[test]
fn a_file_cannot_grow_past_its_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let (succeeded, _) = output(shell(folder.path(), "head -c 3000000 /dev/zero > big"));
    let size = fs::metadata(folder.path().join("big")).map_or(0, |file| file.len());
    assert!(!succeeded && size <= 1 << 20, "{size}");
}

#[test]
fn there_is_no_network_where_the_kernel_can_take_it_away() {
    if Confinement::level() < IsolationLevel::Namespaces {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut allowed = confinement(folder.path());
    allowed.read.push("/proc".into());
    let process = allowed
        .spawn(Path::new("/bin/cat"), |command| {
            command.arg("/proc/self/net/dev").stdout(Stdio::piped());
        })
        .expect("it starts");
    let (succeeded, text) = output(process);
    let interfaces: Vec<&str> = text
        .lines()
        .skip(2)
        .filter_map(|line| line.split(':').next())
        .map(str::trim)
        .collect();
    assert!(succeeded && interfaces == ["lo"], "{text}");
}

#[test]
fn killing_reaches_what_the_process_has_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("late");
    let mut process = shell(folder.path(), "(sleep 1; echo x > late) & echo up; wait");
    let mut first = [0; 2];
    process
        .child
        .stdout
        .as_mut()
        .expect("stdout is piped")
        .read_exact(&mut first)
        .expect("it has started");
    let started = Instant::now();
    process.kill().expect("it can be killed");
    assert!(started.elapsed() < Duration::from_millis(900));
    std::thread::sleep(Duration::from_millis(1300));
    assert!(!mark.exists());
}

#[test]
fn a_missing_program_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = confinement(folder.path())
        .spawn(Path::new("/bin/no-such-program"), |_| ())
        .expect_err("it is missing");
    assert_eq!(
        error.to_string(),
        "cannot start /bin/no-such-program in the sandbox"
    );
}

#[test]
fn nothing_is_there_that_was_not_given() {
    if Confinement::level() < IsolationLevel::Namespaces {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mark = format!("relift-scratch-{}", std::process::id());
    let process = Confinement {
        scratch_bytes_max: Some(1 << 20),
        ..confinement(folder.path())
    };
    let script = format!(
        "for path in /home /root /var /opt /etc/shadow /etc/hostname /proc/sys /sys/kernel {}; do test -e $path && echo $path; done
         echo $$; hostname; echo x > /tmp/{mark}; cat /tmp/{mark}; umask; ls /proc/self/fd",
        folder.path().parent().expect("it is in a folder").join("x").display()
    );
    let process = process.spawn(Path::new("/bin/sh"), |command| {
        command.args(["-c", &script]).stdout(Stdio::piped());
    });
    let (_, text) = output(process.expect("the shell starts"));
    let lines: Vec<&str> = text.lines().collect();
    // At the end the standard streams and the folder that is being listed.
    let expected = ["1", "relift", "x", "0022", "0", "1", "2", "3"];
    assert_eq!(lines, expected, "{text}");
    assert!(!Path::new("/tmp").join(mark).exists());
}

#[test]
fn what_it_has_started_ends_with_it() {
    if Confinement::level() < IsolationLevel::Namespaces {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = "setsid sh -c 'trap \"\" TERM HUP; sleep 0.2; echo x > late' & exit 0";
    let late = folder.path().join("late");
    let started = Instant::now();
    let outside = format!("cd {} && {script}", folder.path().display());
    assert!(self::outside(&outside));
    while !late.exists() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "outside it works"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = started.elapsed();
    fs::remove_file(&late).expect("it is there");
    assert!(output(shell(folder.path(), script)).0);
    std::thread::sleep(2 * took + Duration::from_millis(300));
    assert!(!late.exists());
}

const INSIDE: &str = "RELIFT_TEST_INSIDE";

/// Only says something when it is run by the test below.
#[test]
#[expect(clippy::print_stdout, reason = "the test below reads it")]
fn tells_what_it_is_offered() {
    if std::env::var_os(INSIDE).is_some() {
        let (level, missing) = relift_sandbox::probe();
        let layers: Vec<&str> = missing.iter().map(|missing| missing.layer).collect();
        println!("offered: {} without {layers:?}", level.word());
        assert!(missing.iter().all(|missing| !missing.remedy.is_empty()));
    }
}

#[test]
fn a_machine_that_lacks_layers_is_told_which() {
    if Confinement::level() < IsolationLevel::Complete {
        return;
    }
    // Inside a sandbox there are no further namespaces to be had, which makes it such a machine.
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let mut process = confinement(folder.path());
    process.read.push(program.clone());
    process.environment.push((INSIDE.into(), "1".into()));
    let process = process.spawn(&program, |command| {
        command
            .args(["--exact", "tells_what_it_is_offered", "--nocapture"])
            .stdout(Stdio::piped());
    });
    let (succeeded, text) = output(process.expect("it starts"));
    let expected =
        r#"offered: files-and-network without ["namespaces for files, processes and network"]"#;
    assert!(succeeded && text.contains(expected), "{text}");
}
