#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "cmd/client.h"

#include "base/banned.h"

static char *first_line(const char *file, GError **err)
{
    g_autoptr(GString) content = file_read(file, LIMIT_PASSWORD_BYTES + 2, err);
    if (!content)
        return NULL;
    Str rest = str_from_gstring(content), line = str_cut(&rest, '\n');
    if (str_ends(line, STR("\r")))
        line.n--;
    char *password = str_dup(line);
    crypto_wipe(content->str, content->len);
    return password;
}

/* A line from the terminal. In canonical mode a read ends with the line. */
static char *read_line(int fd, GError **err)
{
    char line[LIMIT_PASSWORD_BYTES + 1];
    ssize_t n = read(fd, line, sizeof line);
    if (n < 0)
        return error_set_errno(err, errno, "cannot read from the terminal"), NULL;
    Str rest = { line, (size_t) n };
    char *password = str_dup(str_cut(&rest, '\n'));
    crypto_wipe(line, sizeof line);
    return password;
}

static char *ask(const char *prompt, GError **err)
{
    struct termios before, silent;
    AUTO_FD fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        error_set(err, BH_USAGE, "there is no terminal to ask for the password at");
        error_hint(err, "put it into BIHUAN_PASSWORD, or give --password-file");
        return NULL;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t) (ECHO | ECHONL);
    file_write_all(fd, str_from(prompt), NULL);
    tcsetattr(fd, TCSAFLUSH, &silent);
    char *password = read_line(fd, err);
    tcsetattr(fd, TCSAFLUSH, &before);
    file_write_all(fd, STR("\n"), NULL);
    return password;
}

char *password_read(const char *file, const char *prompt, GError **err)
{
    return file ? first_line(file, err) : ask(prompt, err);
}
