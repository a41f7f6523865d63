module example.com/service

go 1.19

require example.com/greeting v0.0.0

replace example.com/greeting => ./greeting
