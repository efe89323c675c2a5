//! Reads a spec from its input and writes the stream of its objects, as `meshgen render` does, and nothing
//! else: for profilers, and for the time and memory of a whole process.

use std::io::{Read, Write};

use meshgen::{Input, read, tree};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    let project = read(vec![Input::File("<stdin>".to_owned(), text)]);
    for problem in &project.problems {
        writeln!(std::io::stderr(), "{}", problem.message)?;
    }
    let bundle = project.bundle.ok_or("the spec has errors")?;
    Ok(tree::stream(&bundle, &mut std::io::stdout().lock())?)
}
