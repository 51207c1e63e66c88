/**
 * The shells' side of completion. Each gives `dreamos completion offers` the words up to the
 * cursor; the first line of the answer is `:`, `:files` or `:folders`, each other one an offer,
 * with a tab before its help.
 */

/** From bash 3.2 on, as macOS has it; without the package bash-completion. */
const bash = String.raw`# Completion of dreamos for bash: source <(dreamos completion bash)
_dreamos() {
  local word line kind='' joined=0 cur
  local -a words
  words=()
  # bash splits words at = and : too; here they are whole again.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ \${#words[@]} -gt 0 && ( $word == [=:]* || $joined == 1 ) ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    [[ $word == *[=:] ]] && joined=1 || joined=0
  done
  # After a separator there is an empty word: it belongs to the one before.
  cur=\${words[\${#words[@]}-1]}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) [[ -z $kind ]] && kind=$line && continue ;;
    esac
    line=\${line%%$'\t'*}
    # What bash replaces begins after the last separator.
    if [[ $cur == *[=:]* ]]; then line=\${line#"\${cur%"\${cur##*[=:]}"}"}; fi
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <("\${COMP_WORDS[0]}" completion offers -- "\${words[@]}" 2>/dev/null)
  case $kind in
    :files) word=-f ;;
    :folders) word=-d ;;
    *) return ;;
  esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "$word" -- "\${cur##*=}")
}
complete -F _dreamos dreamos
`;

const zsh = String.raw`#compdef dreamos
# Completion of dreamos for zsh: source <(dreamos completion zsh)
_dreamos() {
  local line kind='' text
  local -a typed texts shown
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  for line in "\${(@f)$("\${words[1]}" completion offers -- "\${(@)typed}" 2>/dev/null)}"; do
    if [[ -z $kind ]]; then
      kind=$line
      continue
    fi
    text=\${line%%$'\t'*}
    texts+=("$text")
    if [[ $line == *$'\t'* ]]; then
      shown+=("$text  -- \${line#*$'\t'}")
    else
      shown+=("$text")
    fi
  done
  if (( \${#texts} )); then compadd -l -d shown -a texts; fi
  case $kind in
    :files|:folders)
      compset -P '*='
      if [[ $kind == :files ]]; then _files; else _files -/; fi
      ;;
  esac
}
if [[ \${funcstack[1]} == _dreamos ]]; then _dreamos "$@"; else compdef _dreamos dreamos; fi
`;

const fish = String.raw`# Completion of dreamos for fish: dreamos completion fish | source
function __dreamos_offers
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] completion offers -- $words[2..-1] "$current" 2>/dev/null)
    # Of --swarm=my-s the path alone is completed, and put behind the option again.
    set -l lead (string match -r '^--[^=]+=' -- $current)
    set -l path (string replace -r '^--[^=]+=' '' -- $current)
    switch "$lines[1]"
        case :files
            printf '%s\n' "$lead"(__fish_complete_path $path)
        case :folders
            printf '%s\n' "$lead"(__fish_complete_directories $path)
    end
    printf '%s\n' $lines[2..-1]
end
complete -c dreamos -f -a '(__dreamos_offers)'
`;

/** `\${` keeps the templates from being read as JavaScript's. */
const plain = (text: string) => text.replaceAll("\\${", "${");

export const scripts = { bash: plain(bash), zsh: plain(zsh), fish: plain(fish) };
