/* wrong_file.h: private to the check: the error file on its way into the blob store, without ever lying on the disk as it is. */
#pragma once

#include "base/blob.h"

typedef struct WrongFile WrongFile;
WrongFile *wrong_file_new(const BlobStore *blobs, GError **err);
bool wrong_file_add(WrongFile *file, Str text, GError **err);
bool wrong_file_end(WrongFile *file, BlobId *ret_id, GError **err); /* takes it */
void wrong_file_free(WrongFile *file); /* throws it away */
