//! `adopt FILE…`: the spec made from manifests, and what it does not say.

#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program to try things out")]
fn main() -> std::io::Result<()> {
    let mut sources = meshgen_yaml::Sources::default();
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file)?;
        sources.add(file, text);
    }
    match meshgen_init::spec_from(&sources) {
        Ok(adopted) => {
            print!("{}", adopted.text);
            for note in adopted.notes {
                println!("#! {}", note.why);
                for object in note.objects {
                    println!("#!   {object}");
                }
            }
        }
        Err(problems) => println!("#! {problems:#?}"),
    }
    Ok(())
}
