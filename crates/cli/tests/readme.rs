//! The commands of the README and of the documents print what they say.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{fs, path::Path, process::Command};

/// Commands with what they print, from the blocks marked `console`; and from pictures, with the command in the line
/// above.
fn commands(markdown: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let (mut inside, mut above) = (false, "");
    for line in markdown.lines() {
        let before = if line.is_empty() { above } else { std::mem::replace(&mut above, line) };
        match (inside, line, line.strip_prefix("$ meshgen ")) {
            (_, "```console", _) => inside = true,
            (_, "```mermaid", _) => {
                inside = true;
                let command = before.split('`').find_map(|part| part.strip_prefix("meshgen ")).unwrap();
                commands.push((command.to_owned(), String::new()));
            }
            (_, "```", _) => inside = false,
            (true, _, Some(command)) => commands.push((command.to_owned(), String::new())),
            (true, _, None) => {
                let (_, printed) = commands.last_mut().unwrap();
                *printed += &format!("{line}\n");
            }
            (false, ..) => {}
        }
    }
    commands
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[track_caller]
fn check(document: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let desk = tempfile::tempdir().unwrap();
    for folder in ["docs", "examples"] {
        copy(&root.join(folder), &desk.path().join(folder));
    }
    let commands = commands(&fs::read_to_string(root.join(document)).unwrap());
    assert!(commands.len() > 3);
    for (command, printed) in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_meshgen"))
            .args(command.split_whitespace())
            .current_dir(desk.path())
            .output()
            .unwrap();
        let all = [output.stdout, output.stderr].concat();
        assert_eq!(String::from_utf8(all).unwrap(), printed, "meshgen {command}");
    }
}

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    check("README.md");
}

#[test]
fn what_the_page_about_reach_shows_is_what_is_printed() {
    check("docs/reach.md");
}

#[test]
fn the_readme_names_every_command() {
    let help = Command::new(env!("CARGO_BIN_EXE_meshgen")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A line of a command is indented by two; what it is told goes on further to the right.
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let missing =
        names.iter().filter(|name| **name != "help" && !readme.contains(&format!("`meshgen {name}`")));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(names.len() > 10, "{names:?}");
}
