/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash from the table of commands; see docs.h. The script walks
 * the words typed so far to find the command, then offers what may come next. It
 * needs nothing but bash. */
#include "host/cli/docs.h"

#include <string.h>

static const char head[] = "# bash completion for enarx, made from its table of commands\n"
                           "\n"
                           "# What command $1 takes.\n"
                           "_enarx_command() {\n"
                           "    commands='' options='' valued='' argument='' rest=''\n"
                           "    case $1 in\n";

static const char middle[] = "    esac\n"
                             "}\n"
                             "\n"
                             "# What option $2 of command $1 may be set to.\n"
                             "_enarx_value() {\n"
                             "    case \"$1 $2\" in\n";

static const char tail[] = "    esac\n"
                           "}\n"
                           "\n"
                           "_enarx() {\n"
                           "    local path=enarx option='' over='' word i\n"
                           "    local commands options valued argument rest\n"
                           "    local current=${COMP_WORDS[COMP_CWORD]} offer=()\n"
                           "    _enarx_command \"$path\"\n"
                           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                           "        word=${COMP_WORDS[i]}\n"
                           "        if [[ $word == '=' ]]; then\n"
                           "            continue # bash makes --name=value three words\n"
                           "        elif [[ $option ]]; then\n"
                           "            option=''\n"
                           "        elif [[ $over ]]; then\n"
                           "            break\n"
                           "        elif [[ $word == -- ]]; then\n"
                           "            over=1\n"
                           "        elif [[ $word == -* ]]; then\n"
                           "            [[ \" $valued \" == *\" $word \"* ]] && option=$word\n"
                           "        elif [[ \" $commands \" == *\" $word \"* ]]; then\n"
                           "            path+=\" $word\"\n"
                           "            _enarx_command \"$path\"\n"
                           "        else\n"
                           "            over=$rest\n"
                           "        fi\n"
                           "    done\n"
                           "    [[ $current == '=' ]] && current=''\n"
                           "    if [[ $option ]]; then\n"
                           "        _enarx_value \"$path\" \"$option\"\n"
                           "    elif [[ $current == -* && ! $over ]]; then\n"
                           "        offer=(-W \"$options\")\n"
                           "    elif [[ $commands ]]; then\n"
                           "        offer=(-W \"$commands\")\n"
                           "    else\n"
                           "        offer=($argument)\n"
                           "    fi\n"
                           "    COMPREPLY=()\n"
                           "    [[ ${offer[0]} ]] || return 0\n"
                           "    [[ ${offer[0]} == -W ]] || compopt -o filenames 2>/dev/null\n"
                           "    mapfile -t COMPREPLY < <(compgen \"${offer[@]}\" -- \"$current\")\n"
                           "}\n"
                           "\n"
                           "complete -F _enarx enarx\n";

/* Single letters are quicker typed than completed; what follows them is not. */
static void put_names(FILE *out, const struct option *o, bool letters)
{
    fprintf(out, " %s", o->name);
    if (o->alias != NULL && (letters || strlen(o->alias) > 2))
        fprintf(out, " %s", o->alias);
}

static const char *files_action(enum offer offer)
{
    static const char *const actions[] = {
        [OFFER_NOTHING] = "", [OFFER_FILES] = "-f", [OFFER_FOLDERS] = "-d"};
    return actions[offer];
}

static void put_row(FILE *out, const struct command *c, const char *path)
{
    fprintf(out, "        '%s')\n            commands='", path);
    for (size_t i = 0; i < c->command_count; i++)
        fprintf(out, " %s", c->commands[i].name);
    fprintf(out, "'\n            options='");
    for (size_t i = 0; i < c->option_count; i++)
        put_names(out, &c->options[i], false);
    fprintf(out, "'\n            valued='");
    for (size_t i = 0; i < c->option_count; i++) {
        if (c->options[i].value != NULL)
            put_names(out, &c->options[i], true);
    }
    fprintf(out, "'\n");
    if (c->argument_count > 0) {
        const struct argument *last = &c->arguments[c->argument_count - 1];
        fprintf(out, "            argument=%s rest=%s\n", files_action(last->offer),
                last->rest ? "1" : "");
    }
    fprintf(out, "            ;;\n");
}

static void put_option_values(FILE *out, const struct option *o)
{
    if (o->choices == NULL) {
        fprintf(out, "offer=(%s)", files_action(o->offer));
        return;
    }
    fprintf(out, "offer=(-W '");
    for (size_t i = 0; o->choices[i] != NULL; i++)
        fprintf(out, " %s", o->choices[i]);
    fprintf(out, "')");
}

static void put_values(FILE *out, const struct command *c, const char *path)
{
    for (size_t i = 0; i < c->option_count; i++) {
        const struct option *o = &c->options[i];
        if (o->choices == NULL && o->offer == OFFER_NOTHING)
            continue;
        fprintf(out, "        '%s %s'", path, o->name);
        if (o->alias != NULL)
            fprintf(out, " | '%s %s'", path, o->alias);
        fprintf(out, ") ");
        put_option_values(out, o);
        fprintf(out, " ;;\n");
    }
}

void completion_print(FILE *out)
{
    fputs(head, out);
    docs_each(out, put_row);
    fputs(middle, out);
    docs_each(out, put_values);
    fputs(tail, out);
}
