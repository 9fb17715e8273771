/* Digest: SHA-256 over a table's rows that credd wrote.
 *
 * The bytes hashed are, for each row in key order: its columns in schema order as text (cell_print:
 * decimals with the column's scale, dates YYYY-MM-DD, times YYYY-MM-DD HH:MM:SS in UTC, NULL as a
 * backslash and N), each followed by one byte 0x1F, but the last by 0x0A. "all" hashes the lines
 * "TABLE DIGEST\n" of the five tables in their order, then that of credd_change. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "audit/reader_parts.h"

struct digest {
    EVP_MD_CTX *hash;
    enum stream_id stream; /* whose keys its rows have, */
    unsigned key;          /* and in which column */
};

static int hash_row(void *context, const struct cell *cells, unsigned count)
{
    struct digest *digest = context;
    const struct cell *key = &cells[digest->key];
    if (key->kind != CELL_TEXT || !stream_owns_key(digest->stream, key->text, key->length))
        return 0;
    for (unsigned i = 0; i < count; i++) {
        char text[CELL_PRINT_MAX + 2] = {'\\', 'N'};
        unsigned length = cells[i].kind == CELL_NULL ? 2 : cell_print(&cells[i], text);
        text[length++] = i + 1 < count ? '\x1f' : '\n';
        if (EVP_DigestUpdate(digest->hash, text, length) != 1)
            return -EIO;
    }
    return 0;
}

static int finish(EVP_MD_CTX *hash, char ret_text[65], struct fault *fault)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(hash, bytes, &length) != 1 || length != 32)
        return fault_set(fault, -EIO, "SHA-256 failed");
    for (unsigned i = 0; i < 32; i++)
        (void)snprintf(ret_text + (size_t)2 * i, 3, "%02x", bytes[i]);
    return 0;
}

static int post_digest(struct reader *reader, struct reader_job *job, const char *table,
                       const char *text)
{
    struct post *post = post_new(POST_NEWS, job->request);
    post->news.kind = NEWS_DIGEST;
    post->news.table = table;
    (void)snprintf(post->news.digest, sizeof post->news.digest, "%s", text);
    return reader_emit(reader, job, post);
}

static int digest_table(struct reader *reader, struct reader_job *job, const char *table,
                        enum stream_id stream, EVP_MD_CTX *all, struct fault *fault)
{
    char text[65], line[160];
    struct digest digest = {.hash = EVP_MD_CTX_new(),
                            .stream = stream,
                            .key = schema_keys(schema_readable(table)).places[0]};
    int result = digest.hash != NULL && EVP_DigestInit_ex(digest.hash, EVP_sha256(), NULL) == 1
                     ? 0
                     : fault_set(fault, -EIO, "SHA-256 is not available");
    if (result == 0)
        result = reader_walk(reader, job, table, hash_row, &digest, fault);
    if (result == -EIO)
        (void)fault_set(fault, result, "SHA-256 failed");
    if (result == 0)
        result = finish(digest.hash, text, fault);
    EVP_MD_CTX_free(digest.hash);
    if (result < 0)
        return result;
    int length = snprintf(line, sizeof line, "%s %s\n", table, text);
    if (EVP_DigestUpdate(all, line, (size_t)length) != 1)
        return fault_set(fault, -EIO, "SHA-256 failed");
    return post_digest(reader, job, table, text);
}

int digest_tables(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    char text[65];
    EVP_MD_CTX *all = EVP_MD_CTX_new();
    int result = all != NULL && EVP_DigestInit_ex(all, EVP_sha256(), NULL) == 1
                     ? 0
                     : fault_set(fault, -EIO, "SHA-256 is not available");
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        result = digest_table(reader, job, schema_tables[i].name, (enum stream_id)i, all, fault);
    if (result == 0)
        result = digest_table(reader, job, SCHEMA_CHANGE, STREAM_CUSTOMERS, all, fault);
    if (result == 0)
        result = finish(all, text, fault);
    if (result == 0)
        result = post_digest(reader, job, "all", text);
    EVP_MD_CTX_free(all);
    return result;
}
