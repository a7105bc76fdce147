/* tables.h: private to pack: the tables of a dataset brought to what its pack says. */
#pragma once

#include "pack/store.h"

/* Makes or changes the tables of a dataset, in the transaction. was: the dataset as it is installed, NULL: it is not. BH_CONFLICT "pack-key-changed". */
bool tables_install(DbConn *tx, const PackDataset *dataset, const PackDataset *was, GError **err);
