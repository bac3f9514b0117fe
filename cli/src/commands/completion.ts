/** `wattbook completion`: a script for the shell, made from the commands themselves. */
import { Argument, type Command } from "commander";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** Declares the command. */
export const completion: Register = (parent, app) => {
  const command = parent
    .command("completion")
    .description("Prints a completion script: source <(wattbook completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS));
  action<CommonOptions, [string]>(command, app, (_options, output, shell) => {
    const words = wordsOf(parent, []);
    const script = shell === "fish" ? fish(words) : shell === "zsh" ? zsh(words) : bash(words);
    output.result({ shell, script }, () => script.trimEnd());
  });
};

/** What may come after some words. */
interface Words {
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly name: string; readonly description: string }[];
}

function wordsOf(command: Command, path: readonly string[]): Words[] {
  const commands = command.commands.map((each) => ({ name: each.name(), description: each.description() }));
  const declared = command.options.map(({ long, description }) => ({ name: long ?? "", description }));
  const options = [...declared, { name: "--help", description: "display help for command" }];
  for (const { name } of [...commands, ...options])
    if (!/^[a-z-]+$/.test(name))
      throw new CliError("NOT_AVAILABLE", `${name} cannot be completed. Name it in small letters and hyphens.`);
  return [{ path, commands, options }, ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}

function cases(words: readonly Words[]): string {
  return words
    .map(
      ({ path, commands, options }) =>
        `    "${path.join(" ")}") list="${[...commands, ...options].map(({ name }) => name).join(" ")}" ;;`,
    )
    .join("\n");
}

/** The words before the one at the cursor that name commands, then what may follow them. */
function bash(words: readonly Words[]): string {
  return `# wattbook completion for bash: source <(wattbook completion bash)
_wattbook() {
  local current="\${COMP_WORDS[COMP_CWORD]}" chosen="" word list="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case " ${names(words)} " in *" $word "*) chosen="\${chosen:+$chosen }$word" ;; esac
  done
  case "$chosen" in
${cases(words)}
  esac
  COMPREPLY=($(compgen -W "$list" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _wattbook wattbook
`;
}

function zsh(words: readonly Words[]): string {
  return `#compdef wattbook
# wattbook completion for zsh: source <(wattbook completion zsh)
_wattbook() {
  local chosen="" list="" i
  for ((i = 2; i < CURRENT; i++)); do
    case " ${names(words)} " in *" \${words[i]} "*) chosen="\${chosen:+$chosen }\${words[i]}" ;; esac
  done
  case "$chosen" in
${cases(words)}
  esac
  compadd -- \${=list}
  _files
}
compdef _wattbook wattbook
`;
}

function fish(words: readonly Words[]): string {
  const lines = words.flatMap(({ path, commands, options }) => {
    const condition = conditionOf(
      path,
      commands.map(({ name }) => name),
    );
    const quoted = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`;
    return [
      ...commands.map(
        ({ name, description }) =>
          `complete -c wattbook -n ${quoted(condition)} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map(
        ({ name, description }) =>
          `complete -c wattbook -n ${quoted(condition)} -l ${name.slice(2)} -d ${quoted(description)}`,
      ),
    ];
  });
  return `# wattbook completion for fish: wattbook completion fish | source\n${lines.join("\n")}\n`;
}

function conditionOf(path: readonly string[], commands: readonly string[]): string {
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const none = commands.length > 0 ? [`not __fish_seen_subcommand_from ${commands.join(" ")}`] : [];
  return [...seen, ...none].join("; and ");
}

function names(words: readonly Words[]): string {
  return [...new Set(words.flatMap(({ commands }) => commands.map(({ name }) => name)))].join(" ");
}
