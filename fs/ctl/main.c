/* SPDX-License-Identifier: MIT */
/* ringctl: the verbs and their command lines. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

enum {
	TAKES_JSON = 1,
	TAKES_PEEK = 2,
	TAKES_RECURSIVE = 4,
	TAKES_ATTRIBUTE = 8,
	TAKES_LINES = 16,
	TAKES_FROM = 32,
	TAKES_IGNORE = 64,
};
enum { KEY_JSON = 256, KEY_PEEK, KEY_FROM };

#define ALL_VERBS "expected create, set, stat, ls, clear, cat, follow or write"

static const struct option long_options[] = {
	{"attribute", required_argument, NULL, 'a'},
	{"from", required_argument, NULL, KEY_FROM},
	{"help", no_argument, NULL, 'h'},
	{"ignore-interrupts", no_argument, NULL, 'i'},
	{"json", no_argument, NULL, KEY_JSON},
	{"lines", required_argument, NULL, 'n'},
	{"peek", no_argument, NULL, KEY_PEEK},
	{"recursive", no_argument, NULL, 'R'},
	{NULL, 0, NULL, 0},
};

#define ATTRIBUTES_HELP \
	"    capacity=N             bytes it holds when full, with K, M or G; rounded up to a multiple of 64K\n" \
	"    policy=overwrite|bounded\n" \
	"                           a log, whose oldest bytes give way, or a queue, whose readers consume\n" \
	"    align=line|byte        where readers of a ring that has wrapped start\n" \
	"    full=block|error       what a full bounded ring does to writers\n" \
	"    eof=end|wait           what readers get at the end\n" \
	"    lost=skip|mark|error   how an overrun reader is told\n" \
	"    map=owner|none|ro|rw   who may map the ring into memory, beside the rights to open it\n"

static const struct verb {
	const char *name;
	const char *operands;
	int min, max; /* operands; 0: no maximum */
	unsigned takes;
	int (*run)(const struct ctl_args *args);
	const char *summary;
	const char *help;
} verbs[] = {
	{"create", "[-a ATTRIBUTE=VALUE]... FILE...", 1, 0, TAKES_ATTRIBUTE, ctl_create, "make new rings",
	 "Make each FILE as a new ring. It has the attributes from the moment it is there; those that are\n"
	 "not given come from the directories above and the mount. A FILE that exists is left alone.\n"
	 "\n"
	 "    -a, --attribute ATTRIBUTE=VALUE\n"
	 "                           an attribute of the new rings; may be repeated\n"
	 "    -h, --help             print this help\n"
	 "\n"
	 "Attributes:\n" ATTRIBUTES_HELP},
	{"set", "ATTRIBUTE=VALUE... PATH...", 1, 0, 0, ctl_set, "set attributes of rings and defaults of directories",
	 "Set attributes of rings; of directories, the defaults for rings made below them from now on.\n"
	 "`ATTRIBUTE=' with nothing behind it goes back to the default. Of one PATH all attributes are set\n"
	 "or none.\n"
	 "\n"
	 "    -h, --help             print this help\n"
	 "    --                     what follows are paths\n"
	 "\n"
	 "Attributes:\n" ATTRIBUTES_HELP},
	{"stat", "[--json] PATH...", 1, 0, TAKES_JSON, ctl_stat, "print what rings and directories are",
	 "Print attributes, positions and counters of rings, and the defaults that directories set.\n"
	 "\n"
	 "    --json                 a JSON array with one object for each PATH; sizes in bytes\n"
	 "    -h, --help             print this help\n"},
	{"ls", "[-R] [--json] [DIRECTORY]", 0, 1, TAKES_JSON | TAKES_RECURSIVE, ctl_ls, "list rings",
	 "List the rings in DIRECTORY (or where you are), one line each: policy, capacity, bytes held, how\n"
	 "often it is open for reading and for writing, name.\n"
	 "\n"
	 "    -R, --recursive        those in directories below, too\n"
	 "    --json                 a JSON array with one object for each ring; sizes in bytes\n"
	 "    -h, --help             print this help\n"},
	{"clear", "FILE...", 1, 0, 0, ctl_clear, "throw away what rings hold",
	 "Throw away what each ring holds. Who has it open goes on with the next byte written.\n"
	 "\n"
	 "    -h, --help             print this help\n"},
	{"cat", "[--peek] FILE", 1, 1, TAKES_PEEK, ctl_cat, "print what a ring holds",
	 "Write to standard output what the ring holds now, without waiting for more. From a bounded ring\n"
	 "this takes what it prints.\n"
	 "\n"
	 "    --peek                 look without taking\n"
	 "    -h, --help             print this help\n"},
	{"follow", "[-n N | --from oldest|newest|POSITION] FILE", 1, 1, TAKES_LINES | TAKES_FROM, ctl_follow,
	 "print a ring as it grows",
	 "Write the last lines of the ring to standard output, and what is appended from then on, in whole\n"
	 "lines. Lines that were overwritten before they were read are skipped, and counted on standard error.\n"
	 "\n"
	 "    -n, --lines N          begin with the last N lines; 10 when neither is given\n"
	 "    --from oldest          begin with all that is there\n"
	 "    --from newest          begin with what comes from now on\n"
	 "    --from POSITION        begin at a position, in bytes since the ring was made\n"
	 "    -h, --help             print this help\n"},
	{"write", "[-i] [-a ATTRIBUTE=VALUE]... FILE", 1, 1, TAKES_ATTRIBUTE | TAKES_IGNORE, ctl_write,
	 "append standard input to a ring",
	 "Append what comes from standard input to the ring, at once and in whole lines, however many others\n"
	 "write to it. A FILE that does not exist is made as a new ring.\n"
	 "\n"
	 "    -a, --attribute ATTRIBUTE=VALUE\n"
	 "                           an attribute of the ring if it is made now; may be repeated\n"
	 "    -i, --ignore-interrupts\n"
	 "                           go on to the end of the input after SIGINT\n"
	 "    -h, --help             print this help\n"
	 "\n"
	 "Attributes:\n" ATTRIBUTES_HELP},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
	puts("Usage: ringctl VERB [ARGUMENTS]\n"
	     "Make, list, change, read and write the rings of a ringfs mount.\n");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("    %-8s %s\n", verbs[i].name, verbs[i].summary);
	puts("\n"
	     "    -h, --help      print this help; behind a verb, the verb's\n"
	     "    -V, --version   print the version\n"
	     "\n"
	     "Exit status: 0 done, 1 could not be done, 2 called wrongly. See ringctl(1).");
}

static unsigned bit_of(int key)
{
	switch (key) {
	case 'a':
		return TAKES_ATTRIBUTE;
	case 'R':
		return TAKES_RECURSIVE;
	case 'i':
		return TAKES_IGNORE;
	case 'n':
		return TAKES_LINES;
	case KEY_FROM:
		return TAKES_FROM;
	case KEY_JSON:
		return TAKES_JSON;
	case KEY_PEEK:
		return TAKES_PEEK;
	default:
		return 0;
	}
}

static const char *expected_behind(int key)
{
	return key == 'n' ? "expected a number of lines behind it" :
	       key == KEY_FROM ? "expected oldest, newest or a position behind it" : "expected ATTRIBUTE=VALUE behind it";
}

/*
 * The option getopt did not like, or this verb does not, as it was written. @key is what getopt said; the value of a
 * long option may be a word of its own.
 */
static int option_error(const struct ctl_args *args, char **argv, int key, unsigned takes)
{
	const char *word = argv[optind - 1];
	char letter[3] = {'-', (char)(key == ':' || key == '?' ? optopt : key), '\0'};
	if (optarg && bit_of(key) != 0 && optarg == word)
		word = argv[optind - 2];
	bool is_long = strncmp(word, "--", 2) == 0 && word[2] != '\0';
	if (!is_long)
		word = letter;
	bool lacks_value = key == ':' && (takes & bit_of(optopt)) != 0;
	return ctl_usage_error(args, NULL, "%s: %s (see ringctl %s --help)", word,
			       lacks_value ? expected_behind(optopt) : "no such option", args->verb);
}

/* -1 to go on, else the exit code. */
static int take_option(const struct verb *verb, struct ctl_args *args, char **argv, int key)
{
	if (key == 1) {
		args->operands[args->n_operands++] = optarg;
		return -1;
	}
	if (key == 'h') {
		printf("Usage: ringctl %s %s\n%s", verb->name, verb->operands, verb->help);
		return 0;
	}
	if ((verb->takes & bit_of(key)) == 0)
		return option_error(args, argv, key, verb->takes);
	args->json = args->json || key == KEY_JSON;
	args->peek = args->peek || key == KEY_PEEK;
	args->recursive = args->recursive || key == 'R';
	args->ignore_interrupts = args->ignore_interrupts || key == 'i';
	if (key == 'n')
		args->lines = optarg;
	if (key == KEY_FROM)
		args->from = optarg;
	if (key == 'a')
		args->words[args->n_words++] = optarg;
	return -1;
}

static int run_verb(const struct verb *verb, int argc, char **argv, struct ctl_args *args)
{
	int key;
	opterr = 0;
	/* "-": operands come in their order, so that it is known which stand behind `--`. */
	while ((key = getopt_long(argc, argv, "-:a:n:iRh", long_options, NULL)) != -1) {
		int r = take_option(verb, args, argv, key);
		if (r >= 0)
			return r;
	}
	args->n_before_dashes = args->n_operands;
	while (optind < argc)
		args->operands[args->n_operands++] = argv[optind++];
	if (args->n_operands < verb->min)
		return ctl_usage_error(args, NULL, "too few arguments: expected %s", verb->operands);
	if (verb->max > 0 && args->n_operands > verb->max)
		return ctl_usage_error(args, NULL, "too many arguments, from '%s': expected %s",
				       args->operands[verb->max], verb->operands);
	return verb->run(args);
}

static int run(int argc, char **argv)
{
	struct ctl_args args = {0};
	if (argc < 2)
		return ctl_usage_error(&args, NULL, "no verb given: " ALL_VERBS);
	const char *word = argv[1];
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
		print_help();
		return 0;
	}
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		printf("ringctl %s\n", RINGFS_VERSION);
		return 0;
	}
	const struct verb *verb = NULL;
	for (size_t i = 0; i < N_VERBS && !verb; i++)
		if (strcmp(word, verbs[i].name) == 0)
			verb = &verbs[i];
	if (!verb)
		return ctl_usage_error(&args, NULL, "'%s': no such %s: " ALL_VERBS, word, word[0] == '-' ? "option" : "verb");
	args.verb = verb->name;
	args.operands = calloc((size_t)argc, sizeof(*args.operands));
	args.words = calloc((size_t)argc, sizeof(*args.words));
	int r = args.operands && args.words ? run_verb(verb, argc - 1, argv + 1, &args) :
					      ctl_error(&args, NULL, "%s", strerror(ENOMEM));
	free(args.operands);
	free(args.words);
	if (fflush(stdout) != 0 || ferror(stdout))
		r = ctl_error(&args, NULL, "standard output: %s", strerror(errno));
	return r;
}

/* A file that got the number of a standard stream somebody has closed would be read or written for it. */
static void fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY); /* any use is EBADF again */
}

int main(int argc, char **argv)
{
	fill_standard_streams();
	/* Whoever stops reading ends us, as he ends cat(1), also where we were started with the signal ignored. */
	signal(SIGPIPE, SIG_DFL);
	setvbuf(stderr, NULL, _IOLBF, 0); /* a line is one write */
	return run(argc, argv);
}
