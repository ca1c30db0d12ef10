/*
 * What a fully static binary needs before the .NET runtime starts. Linked ahead of the runtime's
 * archives, so that the definitions here are taken and theirs never pulled in.
 */
#include <errno.h>
#include <nss.h>
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* The runtime's own version opens /dev/urandom, which an empty root directory does not have.
 * Returns 0, or -1 when the kernel refuses. */
int32_t minipal_get_cryptographically_secure_random_bytes(uint8_t *buffer, int32_t length)
{
    while (length > 0) {
        ssize_t got = getrandom(buffer, (size_t)length, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        buffer += got;
        length -= (int32_t)got;
    }
    return 0;
}

void minipal_get_non_cryptographically_secure_random_bytes(uint8_t *buffer, int32_t length)
{
    (void)minipal_get_cryptographically_secure_random_bytes(buffer, length);
}

/* The two back ends compiled into libc.a (glibc 2.34 and later). Whatever /etc/nsswitch.conf says,
 * no libnss_*.so of a foreign libc may be loaded into a static process. */
static void pin_name_service(void)
{
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
}

/* A static libcrypto knows only the certificate directory of the distribution it was built on. */
static void find_certificates(void)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE */
        "/etc/ssl/cert.pem",                  /* Alpine, BSD */
    };
    if (getenv("SSL_CERT_FILE") || getenv("SSL_CERT_DIR"))
        return;
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
        if (access(bundles[i], R_OK) == 0) {
            setenv("SSL_CERT_FILE", bundles[i], 1);
            return;
        }
}

/* Settings that libcrypto and the runtime read from the environment alone, and before any managed code
 * runs. What the user set stays. */
__attribute__((constructor)) static void prepare(void)
{
    pin_name_service();
    find_certificates();
    /* The X.509 chain builder fails when HOME is unset and the user has no passwd entry. */
    setenv("HOME", "/", 0);
    /* Hexadecimal: a first generation of 4 MiB halves memory under load at equal speed. */
    setenv("DOTNET_GCgen0size", "400000", 0);
    /* Where much survives, as when many connections open at once, the runtime would let it grow to
     * more than 20 MiB: at most 6. */
    setenv("DOTNET_GCGen0MaxBudget", "600000", 0);
    /* Socket completions run on the thread that polls: about a quarter less CPU per request. */
    setenv("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1", 0);
}

/* The linker leads the runtime's calls here (--wrap). Without this mode every TLS connection keeps the
 * buffers of a whole record each way, 33 KiB, however long it is silent. */
extern SSL_CTX *__real_SSL_CTX_new(const SSL_METHOD *method);
SSL_CTX *__wrap_SSL_CTX_new(const SSL_METHOD *method)
{
    SSL_CTX *context = __real_SSL_CTX_new(method);
    if (context)
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
}

/* Reading sets up the buffer for writing as well, which the mode above gives back only after the next write:
 * 16 KiB for as long as a stream is silent. What has arrived and was not yet read stays. */
extern int __real_SSL_read(SSL *connection, void *buffer, int length);
int __wrap_SSL_read(SSL *connection, void *buffer, int length)
{
    int count = __real_SSL_read(connection, buffer, length);
    if (!SSL_has_pending(connection))
        SSL_free_buffers(connection);
    return count;
}
