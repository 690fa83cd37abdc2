module enarx.example

go 1.21
