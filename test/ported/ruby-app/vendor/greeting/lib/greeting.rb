# frozen_string_literal: true

# Says hello.
module Greeting
  def self.greet(name) = "hello #{name}"
end
