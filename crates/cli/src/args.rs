//! What can be said on the command line. The words here are also the man page and the completions.

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use clap_complete::Shell;
use meshgen::{
    bundle::Part,
    findings::{rule, rules},
    reach::Protocol,
    spec::Date,
    tree::Selection,
    yaml::nearest,
};

const EXIT_CODES: &str = "\
Exit codes: 0 done, and the answer is yes; 1 done, and the answer is no (it differs);
2 it could not be done (a spec with errors, a file that cannot be read or written, wrong usage).";

/// Turns one small spec into everything that a mesh-secured application needs on Kubernetes.
///
/// A spec says which namespaces and workloads there are, who may call whom, and how the mesh is to be; meshgen
/// makes the manifests of it: namespaces with their labels, workloads, network policies, mTLS, authorization.
/// The same spec gives the same bytes everywhere.
#[derive(Parser)]
#[command(name = "meshgen", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to report: for people, or as one JSON object on standard output, errors included.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: OutputFormat,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the manifests of a spec, or write its tree of files
    ///
    /// Without `-o` the manifests go to standard output as one stream, in an order that
    /// `kubectl apply --server-side -f -` takes. With `-o` the whole tree is written: all of it or nothing.
    /// Files that meshgen wrote earlier and that are not in the spec any more are removed; a file that it did
    /// not write is never touched.
    Render {
        #[command(flatten)]
        spec: SpecArgs,
        /// The folder of the tree.
        #[arg(short, long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        parts: PartArgs,
        /// Write the tree although a claim of `expect` is refuted, or cannot be judged.
        #[arg(long)]
        even_if_refuted: bool,
    },
    /// Tell whether a tree is what its spec gives; exit code 1 if it is not
    Check {
        #[command(flatten)]
        tree: TreeArgs,
    },
    /// Show what `render` would change in a tree; exit code 1 if anything
    Diff {
        #[command(flatten)]
        tree: TreeArgs,
        /// By object and field, instead of by line.
        #[arg(long)]
        summary: bool,
    },
    /// Compare two sets of manifests, object by object; exit code 1 if they differ
    ///
    /// Each is a file or a folder of anybody's manifests, `-` for standard input, or a spec.
    Compare {
        /// What it was.
        old: PathBuf,
        /// What it is now.
        new: PathBuf,
        /// When to end with exit code 1: when an object differs, or only when something became possible.
        #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
        fail_on: FailOn,
    },
    /// Check a spec alone: everything that is wrong with it, at once
    Validate {
        #[command(flatten)]
        spec: SpecArgs,
    },
    /// List who may connect to whom: what network policies let through, and what the mesh makes of it
    ///
    /// Reads manifests, anybody's, or a spec, of which it judges what would be rendered; never a cluster.
    Reach {
        #[command(flatten)]
        judged: JudgedArgs,
        #[command(flatten)]
        focus: FocusArgs,
        #[command(flatten)]
        view: ViewArgs,
    },
    /// Find what a spec or manifests leave open or close by mistake; exit code 1 for errors and warnings
    ///
    /// Reads manifests, anybody's, or a spec, of which it judges what would be rendered. Each finding has a code, of
    /// which `meshgen explain MG001` tells more. What a spec accepts under `accept`, or a file that `--accept` names,
    /// is listed apart with its reason.
    Lint {
        /// What is judged: a spec, or manifests: a file, a folder, or `-`. May be given again.
        #[arg(short, long, value_name = "FILE", default_value = "meshgen.yaml")]
        file: Vec<PathBuf>,
        #[command(flatten)]
        lint: LintArgs,
    },
    /// Explain why one may connect to another, or not; or what the code of a finding means
    ///
    /// `FROM` and `TO` are what people have at hand: `namespace/workload`, `service.namespace`, an address, or
    /// `namespace/[label=value]@account` for a pod that need not exist. `TO` may end in a port: `shop/db:5432`,
    /// `db.shop:tcp-postgres`, `kube-system/coredns:53/udp`. Exit code 1 unless it is open, to whatever is sent.
    Explain {
        /// Who connects; or, alone, the code of a finding: `MG001`.
        from: String,
        /// Who is connected to.
        to: Option<String>,
        #[command(flatten)]
        judged: JudgedArgs,
    },
    /// Prove what a spec expects; exit code 1 unless every claim is true
    ///
    /// The claims are those of `expect`; a false one is shown with a connection that speaks against it. Manifests
    /// that no spec made are held against claims in a file of their own, which holds `expect` alone.
    Verify {
        /// What is judged: a spec, or manifests: a file, a folder, or `-`. May be given again.
        #[arg(short, long, value_name = "FILE", default_value = "meshgen.yaml")]
        file: Vec<PathBuf>,
        /// A file of claims. May be given again.
        #[arg(long, value_name = "FILE")]
        expect: Vec<PathBuf>,
    },
    /// Write a first spec, for a newcomer or from manifests that exist
    ///
    /// With `--from` the spec says what the manifests say: namespaces, workloads as `existing`, policies as far
    /// as the language has them and in full otherwise. What it leaves out is named.
    Init {
        /// Manifests: a file, a folder, or `-`. May be given again.
        #[arg(long, value_name = "MANIFESTS")]
        from: Vec<PathBuf>,
        /// The file to write, which must not be there yet; `-` for standard output.
        #[arg(short, long, value_name = "FILE", default_value = "meshgen.yaml")]
        out: PathBuf,
    },
    /// Print the JSON schema of the spec, for editors, or of a report, for programs
    ///
    /// With `-f` it is closed over the names that this spec declares, so that an editor completes workloads,
    /// namespaces and ports. Name the file in the first line of the spec:
    /// `# yaml-language-server: $schema=./meshgen.schema.json`.
    Schema {
        /// A spec whose names are completed.
        #[arg(short, long, value_name = "FILE")]
        file: Vec<PathBuf>,
        /// Of what this command prints with `--output-format json`, or, as `report`, of what any of them prints.
        #[arg(long, value_enum, value_name = "COMMAND", conflicts_with = "file")]
        of: Option<SchemaOf>,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the man page, of meshgen or of one of its commands
    Man {
        /// The command.
        command: Option<String>,
    },
}

/// A command whose report has a schema, or all of them.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    Reach,
    Explain,
    Verify,
    Compare,
    Lint,
    Report,
}

/// When a comparison is a no.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// When an object differs.
    #[default]
    Differs,
    /// When somebody may connect who could not before.
    Widened,
}

#[derive(Args)]
pub(crate) struct JudgedArgs {
    /// What is judged: a spec, or manifests: a file, a folder, or `-`. May be given again.
    #[arg(short, long, value_name = "FILE", default_value = "meshgen.yaml")]
    pub(crate) file: Vec<PathBuf>,
    /// Print Markdown.
    #[arg(long, conflicts_with = "output_format")]
    pub(crate) markdown: bool,
    /// End with exit code 1 if an answer is not known.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Args)]
pub(crate) struct LintArgs {
    /// What is accepted, for manifests without a spec: a file with a list `accept`, whose `at` names objects.
    #[arg(long, value_name = "FILE")]
    pub(crate) accept: Vec<PathBuf>,
    /// The day with which the ends of acceptances are compared; without it, none has ended.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) today: Option<Date>,
    /// The least that ends with exit code 1.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOnFinding,
    /// Only findings with these codes. May be given again.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code, conflicts_with = "skip")]
    pub(crate) only: Vec<&'static str>,
    /// No findings with these codes. May be given again.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    pub(crate) skip: Vec<&'static str>,
    /// Print Markdown.
    #[arg(long, conflicts_with_all = ["sarif", "output_format"])]
    pub(crate) markdown: bool,
    /// Print SARIF 2.1.0, for code review.
    #[arg(long, conflicts_with = "output_format")]
    pub(crate) sarif: bool,
}

/// When findings are a no.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOnFinding {
    /// When one is an error.
    Error,
    /// When one is an error or a warning.
    #[default]
    Warning,
    /// When there is any.
    Note,
    /// Never.
    Never,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse::<Date>()
}

fn code(text: &str) -> Result<&'static str, String> {
    let known = || rules().into_iter().map(|rule| rule.code);
    match (rule(text), nearest(text, known())) {
        (Some(rule), _) => Ok(rule.code),
        (None, Some(near)) => Err(format!("no finding has this code; did you mean `{near}`?")),
        (None, None) => Err("no finding has this code: write `MG` and three digits".to_owned()),
    }
}

#[derive(Args)]
pub(crate) struct FocusArgs {
    /// Only lines with this workload: `namespace/name`, `name`, or `namespace/*`. May be given again.
    #[arg(long, value_name = "WORKLOAD")]
    pub(crate) workload: Vec<String>,
    /// Only lines with workloads of this namespace. May be given again.
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Vec<String>,
    /// Only where those send (`egress`), or where they receive (`ingress`).
    #[arg(long, value_enum, value_name = "DIRECTION")]
    pub(crate) direction: Option<Direction>,
    /// Only this port: `8080`, or `53/udp`.
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub(crate) port: Option<(Protocol, u16)>,
}

#[derive(Args)]
pub(crate) struct ViewArgs {
    /// One line for each pair of workloads, instead of groups.
    #[arg(long)]
    pub(crate) pairs: bool,
    /// Also with pods that are not there yet.
    #[arg(long)]
    pub(crate) exposure: bool,
    /// Draw it: a flowchart in the language of Mermaid, which GitHub and GitLab show where they show Markdown.
    #[arg(long, conflicts_with_all = ["markdown", "exposure", "output_format"])]
    pub(crate) mermaid: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// What comes in.
    Ingress,
    /// What goes out.
    Egress,
}

fn port(text: &str) -> Result<(Protocol, u16), String> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "TCP"));
    let protocol = Protocol::parse(&protocol.to_ascii_uppercase());
    match (number.parse(), protocol) {
        (Ok(number @ 1..), Some(protocol)) => Ok((protocol, number)),
        _ => Err("write a number from 1 to 65535, perhaps with a protocol: `8080`, `53/udp`".to_owned()),
    }
}

/// A spec, and the tree that it is held against.
#[derive(Args)]
pub(crate) struct TreeArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// The folder of the tree.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) parts: PartArgs,
}

#[derive(Args)]
pub(crate) struct SpecArgs {
    /// The spec: a file, a folder of which every file is a part, or `-`. Given again, each is laid over those
    /// before it: maps merge, all else replaces, null deletes.
    #[arg(short, long, value_name = "FILE", default_value = "meshgen.yaml")]
    pub(crate) file: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct PartArgs {
    /// Only these parts of the tree.
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = part(), conflicts_with = "skip")]
    only: Vec<Part>,
    /// All parts of the tree but these.
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = part())]
    skip: Vec<Part>,
}

impl PartArgs {
    pub(crate) fn selection(&self) -> Selection {
        match (self.only.as_slice(), self.skip.as_slice()) {
            ([], skip) => Selection::skip(skip.iter().copied()),
            (only, _) => Selection::only(only.iter().copied()),
        }
    }
}

/// A part by its name; help, errors and completions list the names.
fn part() -> impl TypedValueParser<Value = Part> {
    let names = PossibleValuesParser::new(Part::ALL.map(Part::name));
    names.try_map(|name| Part::from_name(&name).ok_or("not a part"))
}
