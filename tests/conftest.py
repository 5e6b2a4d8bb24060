"""Its being here puts this folder on the import path: what several rooms use lies beside it."""
