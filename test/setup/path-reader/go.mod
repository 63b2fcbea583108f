module sallyport/test/setup/path-reader

go 1.19
