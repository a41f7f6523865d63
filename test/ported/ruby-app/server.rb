# frozen_string_literal: true

require "greeting"
require "socket"

server = TCPServer.new(3000)
loop do
  client = server.accept
  client.puts Greeting.greet("world")
  client.close
end
