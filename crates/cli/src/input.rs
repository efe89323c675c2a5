//! From `-f` to text.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use meshgen::{Input, bundle::FilePath, tree::Manifest};

use crate::report::Failure;

/// More than anybody writes, and less than what fills a machine.
const LARGEST: u64 = 64 << 20;

/// The inputs of a command, in their order; all that cannot be read is named.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<Input>, Vec<Failure>> {
    let mut failures = Vec::new();
    let mut inputs = Vec::new();
    for path in paths {
        match read(path) {
            Ok(input) => inputs.push(input),
            Err(failure) => failures.extend(failure),
        }
    }
    if failures.is_empty() { Ok(inputs) } else { Err(failures) }
}

/// One input: a file, a folder, or `-` for standard input.
pub(crate) fn read(path: &Path) -> Result<Input, Vec<Failure>> {
    if path == Path::new("-") {
        let text = text("<stdin>", io::stdin().lock()).map_err(|failure| vec![failure])?;
        return Ok(Input::File("<stdin>".to_owned(), text));
    }
    let name = path.display().to_string();
    if path.is_dir() {
        return folder(path).map(|files| Input::Folder(name, files));
    }
    file(path).map(|text| Input::File(name, text)).map_err(|failure| vec![failure])
}

fn file(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    let file = fs::File::open(path).map_err(|e| {
        let failure = Failure::caused(format!("cannot read `{name}`"), &e);
        match e.kind() {
            io::ErrorKind::NotFound if name == "meshgen.yaml" => {
                failure.help("name a spec with `-f`, or write a first one: `meshgen init`")
            }
            _ => failure,
        }
    })?;
    text(&name, file)
}

fn text(name: &str, reader: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = reader.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| Failure::caused(format!("cannot read `{name}`"), &e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(format!("`{name}` is larger than {} MiB", LARGEST >> 20))
            .help("split it into the files of a folder"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count() + 1;
        Failure::new(format!("`{name}` is not text: line {line} holds bytes that are no UTF-8"))
            .help("save it as UTF-8")
    })
}

/// The files of a folder and of all folders in it, by path. Hidden ones are passed by, and what is no YAML.
///
/// Of a tree that meshgen wrote: the manifests in it, and what they assume; not its charts and state files.
fn folder(root: &Path) -> Result<Vec<(String, String)>, Vec<Failure>> {
    if let Some(files) = ours(root)? {
        return texts(files);
    }
    let mut files = Vec::new();
    let mut failures = Vec::new();
    let mut folders = vec![root.to_owned()];
    // A link may lead back to a folder that was read.
    let mut read = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        if fs::canonicalize(&folder).is_ok_and(|path| !read.insert(path)) {
            continue;
        }
        match entries(&folder) {
            Ok(paths) => {
                for path in paths {
                    if path.is_dir() {
                        folders.push(path);
                    } else if is_yaml(&path) {
                        files.push(path);
                    }
                }
            }
            Err(e) => failures.push(Failure::caused(format!("cannot read `{}`", folder.display()), &e)),
        }
    }
    files.sort();
    let texts = texts(files);
    failures.extend(texts.as_ref().err().into_iter().flatten().cloned());
    if failures.is_empty() { texts } else { Err(failures) }
}

/// The files of a tree that meshgen wrote; none if it is not one.
fn ours(root: &Path) -> Result<Option<Vec<PathBuf>>, Vec<Failure>> {
    let manifest = root.join(".meshgen/manifest.json");
    if !manifest.is_file() {
        return Ok(None);
    }
    let text = file(&manifest).map_err(|failure| vec![failure])?;
    let name = || format!("cannot use the manifest `{}`", manifest.display());
    let manifest = Manifest::from_json(&text).map_err(|e| vec![Failure::caused(name(), &e)])?;
    let wanted =
        manifest.files.iter().filter(|(path, listed)| listed.resource || **path == FilePath::assumed());
    Ok(Some(wanted.map(|(path, _)| root.join(path.as_str())).collect()))
}

fn texts(files: Vec<PathBuf>) -> Result<Vec<(String, String)>, Vec<Failure>> {
    let mut failures = Vec::new();
    let mut texts = Vec::new();
    for path in files {
        match file(&path) {
            Ok(text) => texts.push((path.display().to_string(), text)),
            Err(failure) => failures.push(failure),
        }
    }
    if failures.is_empty() { Ok(texts) } else { Err(failures) }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| ["yaml", "yml", "json"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}
