/* SPDX-License-Identifier: MIT */
/* Names, sizes, errors and JSON on their way out. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

/* The length of the UTF-8 character at @s, 0 when it is none (RFC 3629: nothing overlong, no surrogates). */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
		     s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static bool is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

void ctl_print_name(FILE *out, const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	while (*s) {
		size_t len = utf8_len(s);
		if (len > 0 && !is_control(s) && *s != '\\') {
			fwrite(s, 1, len, out);
			s += len;
			continue;
		}
		for (size_t i = 0; i < (len > 0 ? len : 1); i++)
			fprintf(out, "\\%03o", *s++);
	}
}

/* One line, whatever stands in names and values. */
__attribute__((format(printf, 3, 0)))
static void print_error(const struct ctl_args *args, const char *path, const char *format, va_list list)
{
	char *text;
	if (vasprintf(&text, format, list) < 0)
		text = NULL;
	fputs("ringctl: ", stderr);
	if (args->verb)
		fprintf(stderr, "%s: ", args->verb);
	if (path) {
		ctl_print_name(stderr, path);
		fputs(": ", stderr);
	}
	ctl_print_name(stderr, text ? text : "out of memory");
	fputc('\n', stderr);
	free(text);
}

int ctl_error(const struct ctl_args *args, const char *path, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	print_error(args, path, format, list);
	va_end(list);
	return CTL_EXIT_FAILURE;
}

int ctl_usage_error(const struct ctl_args *args, const char *path, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	print_error(args, path, format, list);
	va_end(list);
	return CTL_EXIT_USAGE;
}

void ctl_not_mapped(const struct ctl_args *args, const char *path, int error, const char *doing)
{
	const char *why = error == EACCES ? "its mode or its attribute map does not allow it" :
			  error == EUSERS ? "too many have it mapped" :
			  error == EROFS ? "the mount is read-only" : ctl_why(error);
	ctl_error(args, path, "cannot be mapped (%s): %s through the mount", why, doing);
}

void ctl_format_size(uint64_t size, char text[CTL_SIZE_MAX])
{
	static const char units[] = "KMG";
	unsigned unit = 0;
	while (size != 0 && size % 1024 == 0 && unit < sizeof(units) - 1) {
		size /= 1024;
		unit++;
	}
	snprintf(text, CTL_SIZE_MAX, "%" PRIu64 "%.*s", size, unit > 0, unit > 0 ? &units[unit - 1] : "");
}

void ctl_json_begin(struct ctl_json *json)
{
	*json = (struct ctl_json){0};
	putchar('[');
}

void ctl_json_end(struct ctl_json *json)
{
	fputs(json->n_objects > 0 ? "\n]\n" : "]\n", stdout);
}

void ctl_json_object(struct ctl_json *json)
{
	fputs(json->n_objects++ > 0 ? ",\n{" : "\n{", stdout);
	json->n_members = 0;
}

void ctl_json_object_end(struct ctl_json *json)
{
	(void)json;
	putchar('}');
}

static void print_key(struct ctl_json *json, const char *key, const char *suffix)
{
	printf("%s\"%s%s\": ", json->n_members++ > 0 ? ", " : "", key, suffix);
}

/* False when it is not UTF-8 throughout. */
static bool print_string(const char *value)
{
	bool valid = true;
	putchar('"');
	for (const unsigned char *s = (const unsigned char *)value; *s;) {
		size_t len = utf8_len(s);
		if (len == 0) {
			valid = false;
			fputs("\\ufffd", stdout);
			s++;
		} else if (is_control(s)) {
			printf("\\u%04x", len == 1 ? s[0] : s[1]); /* U+0080 to U+009F end in the number themselves */
			s += len;
		} else {
			if (*s == '"' || *s == '\\')
				putchar('\\');
			fwrite(s, 1, len, stdout);
			s += len;
		}
	}
	putchar('"');
	return valid;
}

void ctl_json_string(struct ctl_json *json, const char *key, const char *value)
{
	print_key(json, key, "");
	if (print_string(value))
		return;
	print_key(json, key, "_hex");
	putchar('"');
	for (const char *s = value; *s; s++)
		printf("%02x", (unsigned char)*s);
	putchar('"');
}

void ctl_json_number(struct ctl_json *json, const char *key, uint64_t value)
{
	print_key(json, key, "");
	printf("%" PRIu64, value);
}

void ctl_json_null(struct ctl_json *json, const char *key)
{
	print_key(json, key, "");
	fputs("null", stdout);
}
